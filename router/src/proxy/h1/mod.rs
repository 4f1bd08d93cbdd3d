//! HTTP/1.1, both sides, as strict as RFC 9112 allows: no byte is taken for anything its sender may not have meant.
//!
//! It is our own because a proxy has to see what a lenient parser hides (two lengths, a bare line feed, an extension
//! of a chunk) before the request is passed on, and because an exchange here costs one task and no channel.
//! `head`, `framing` and `chunked` read; `write` writes; `server` and `client` are the two ends.

mod chunked;
mod client;
mod framing;
mod head;
mod incoming;
mod server;
mod tunnel;
mod write;

pub(crate) use client::{Exchange, Failure, Outward, Upstream};
pub(crate) use head::{Malformed, ResponseHead, Scan, has_token, is_hop_by_hop, request};
pub(crate) use incoming::ClientBody;
pub(crate) use server::{ClientConnection, Ended, serve};
