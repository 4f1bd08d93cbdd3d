//! The control socket of a process that runs a job, and what stands in for it when none does.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may unwrap what it has just built"
)]

mod offline;
mod refused;
mod running;
mod stage;
mod tasks;
mod wire;
