//! HTTP/1.1, both sides, as strict as RFC 9112 allows: no byte is taken for anything its sender may not have meant.
//!
//! It is our own because a proxy has to see what a lenient parser hides (two lengths, a bare line feed, an extension
//! of a chunk) before the request is passed on, and because an exchange here costs one task and no channel.
//! `scan` finds a head, `head` reads it with `fields` and `target`, `framing` and `chunked` read the body; `write`
//! writes. `server` and `client` are the two ends, with `respond` and `outgoing` for what they send.

mod chunked;
mod client;
mod fields;
mod framing;
mod head;
mod incoming;
#[cfg(any(test, fuzzing))]
pub(crate) mod laws;
mod outgoing;
mod respond;
mod scan;
mod server;
mod target;
mod tunnel;
mod upstream;
mod write;

pub(crate) use client::Exchange;
pub(crate) use fields::{has_token, is_hop_by_hop};
pub(crate) use head::{Malformed, ResponseHead, request};
pub(crate) use incoming::ClientBody;
pub(crate) use outgoing::Outward;
pub(crate) use scan::Scan;
pub(crate) use server::{ClientConnection, Ended, serve};
pub(crate) use upstream::{Failure, Upstream};
