//! The `dyeline` program as it is called: what it prints, and how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may unwrap what it has just built")]

mod bad;
mod looked_at;
mod program;
#[cfg(feature = "proxy")]
mod proxy;
mod rules;
mod runs;
