//! What reading HTTP/1.1 promises of any bytes, for property tests and for fuzzing: [`hold`].
//!
//! `connection` reads as the two ends do, without a socket; `plain` is a reader that is too simple to be wrong in the
//! same way.

mod connection;
mod hold;
mod plain;
#[cfg(test)]
mod tests;

pub use hold::hold;
