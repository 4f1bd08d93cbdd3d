//! The built-in processors and the spool, driven as the worker drives them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

extern crate dyeline_processors as dyeline;

mod csv_files;
mod failing_disk;
mod joined;
mod output;
mod ranges;
mod shared;
mod spooled;
