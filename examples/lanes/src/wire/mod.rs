//! How the processes of the example talk: the messages, clients whose calls carry their lane, and the server.

mod client;
mod message;
mod server;

pub(crate) use client::{Clients, Refused};
pub(crate) use message::{Ask, Origin, POST, Posting, Value};
pub(crate) use server::serve;
