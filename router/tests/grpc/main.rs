//! Calls over gRPC: the same layers, since its metadata are headers. Unary, streams, both ways at once, refusals.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

mod calls;
mod echo;
