//! The log of a partition: what makes it durable, and what it is restored from.

mod contract;
mod embedded;
mod error;

pub use contract::*;
pub use embedded::{EmbeddedLog, EmbeddedOptions, MAX_BATCH_BYTES};
pub use error::*;
