//! Commands to jobs: through a socket of the process that runs them, or through the log when none does.
//!
//! ```text
//!   terminal ──▶ Reach ──┬── a process runs ──▶ Client ══ control.sock ══▶ ControlServer ──▶ partition
//!                        └── none does ──────▶ reads the log; or owns the data directory for a moment
//! ```
//! One line of JSON asks ([`Request`]), one answers ([`Answer`] or [`ControlError`]); only `watch` is answered by many.

mod act;
mod answer;
mod change;
mod client;
mod connection;
mod error;
mod policy;
mod reach;
mod request;
mod select;
mod server;
mod socket;

pub use client::{Client, connect};
pub(crate) use error::with_causes;
pub use error::{ControlError, code};
pub use reach::Reach;
pub use request::{Answer, Change, Outcome, Purge, Request, Selection};
pub use server::ControlServer;
pub use socket::socket_path;
