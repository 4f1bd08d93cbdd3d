//! HTTP/2 with prior knowledge (h2c), both sides, by hyper; what is checked here is what HTTP/2 can say and HTTP/1.1
//! cannot, as an endpoint may speak either.

mod check;
mod client;
mod executor;
mod rewind;
mod server;

pub(crate) use client::{Sender, send};
pub(crate) use server::serve;
