//! Shared parts of the end-to-end tests of Dyeline.

pub mod tidy;
