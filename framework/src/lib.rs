//! Dyeline: a sharding and batch-processing framework with service-group routing.

// Generated code names `::dyeline`, in this crate as in a user's.
extern crate self as dyeline;

pub mod chain;
pub mod host;
pub mod job;
pub mod log;
pub mod partition;
pub mod worker;
