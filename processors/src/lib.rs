//! The contract a Dyeline processor implements, the registry, and the built-in processors.

// Generated code names `::dyeline`, in this crate as in a user's.
extern crate self as dyeline;

mod adapt;
pub mod builtin;
pub mod contract;
pub mod decimal;
pub mod disk;
#[cfg(feature = "http")]
pub mod lanes;
pub mod record;
mod spare;
pub mod spool;

pub mod prelude;

pub use dyeline::contract::{Error, Result};
pub use dyeline_derive::{Loader, Processor, Record, Reducer, Sink, Splitter};

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use inventory;
    pub use serde_json;

    pub use crate::{
        adapt::{
            LiveParams, Params, StateReader, StateWriter, aggregate, load, param_type, plain, process,
            process_async, reduce, split, state, write,
        },
        contract::record::{no_such_field, no_such_port},
    };
}
