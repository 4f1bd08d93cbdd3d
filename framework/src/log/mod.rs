//! The log of a partition: what makes it durable, and what it is restored from.

mod contract;
mod error;

pub use contract::*;
pub use error::*;
