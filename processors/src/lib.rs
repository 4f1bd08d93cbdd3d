//! The contract a Dyeline processor implements, the registry, and the built-in processors.

// Generated code names `::dyeline`, in this crate as in a user's.
#[expect(unused_extern_crates, reason = "named by what the derives generate")]
extern crate self as dyeline;

pub mod contract;
pub mod decimal;
pub mod disk;
pub mod record;

pub mod prelude;

pub use contract::{Error, Result};

/// What generated code names.
#[doc(hidden)]
pub mod __private {
    pub use inventory;
    pub use serde_json;
}
