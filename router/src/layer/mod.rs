//! Tower layers for HTTP and gRPC: [`ClientLayer`] around whatever makes calls, [`ServerLayer`] around whatever takes
//! them, such as a router of axum or of tonic. gRPC needs nothing of its own, since its metadata are headers.
//!
//! Streams that a client sends are polled by its connection, so one that makes calls of its own is bound to its lane
//! with [`in_current_lane`](crate::scope::InLaneExt::in_current_lane). The bodies of answers are bound by the server's
//! layer.

mod body;
mod client;
mod server;

pub use body::LaneBody;
pub use client::{ClientLayer, ClientService, Sending};
pub use server::{Receiving, ServerLayer, ServerService};
