//! From what a user implements to what the worker drives: one adapter for each role, named by what the derives
//! generate.
//!
//! An adapter looks at the type of a chunk once and then loops over its items in code that is compiled for the user's
//! processor: counts, places, skipped items and panics cost next to nothing where nothing happens.

mod aggregate;
mod items;
mod load;
mod params;
mod process;
mod process_async;
mod reduce;
mod split;
mod state;
mod write;

pub use aggregate::aggregate;
pub use load::load;
pub use params::{LiveParams, Params, param_type, plain};
pub use process::process;
pub use process_async::process_async;
pub use reduce::reduce;
pub use split::split;
pub use state::{StateReader, StateWriter, state};
pub use write::write;
