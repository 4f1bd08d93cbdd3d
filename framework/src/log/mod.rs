//! The log of a partition: what makes it durable, and what it is restored from.

mod contract;

pub use contract::*;
