//! Clients that a process hands to its handlers and processors: HTTP over reqwest, gRPC over HTTP/2.
//!
//! A [`Clients`] belongs to a [`Process`](crate::process::Process), and its calls take the lane of the task they are
//! made in; bound to a lane, [`Clients::in_lane`], they take that one wherever they are made. Connections are shared
//! by all that are made of one [`Connections`].

mod bound;
mod clients;
mod connections;
#[cfg(feature = "grpc")]
mod grpc;

pub use clients::{Clients, Http};
pub use connections::Connections;
#[cfg(feature = "grpc")]
pub use grpc::{Grpc, GrpcError};
