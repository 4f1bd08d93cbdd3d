//! What the processes of the example say to each other: the messages, and the calls.

mod call;
mod message;

pub(crate) use call::{ask, post};
pub(crate) use message::{Ask, Origin, POST, Posting, Value};
