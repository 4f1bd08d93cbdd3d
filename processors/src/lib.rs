//! The contract a Dyeline processor implements, the registry, and the built-in processors.

// Generated code names `::dyeline`, in this crate as in a user's.
extern crate self as dyeline;

pub mod contract;
pub mod disk;

pub use contract::{Error, Result};
