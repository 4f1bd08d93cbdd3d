//! Dyeline: a sharding and batch-processing framework with service-group routing.

pub mod log;
