//! Shared parts of the end-to-end tests of Dyeline.

pub mod tidy;

#[cfg(doctest)]
pub mod readme;

pub mod chains;
pub mod disk;
pub mod log_conformance;
pub mod log_fixture;
pub mod log_numbered;
pub mod log_workload;
pub mod program;
pub mod sim;
