//! The adapters between what users implement and what the worker drives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may unwrap what it has just built")]

// Generated code names `::dyeline`, which this crate is behind the facade.
extern crate dyeline_processors as dyeline;

mod aggregates;
mod joins;
mod roles;
mod shared;
