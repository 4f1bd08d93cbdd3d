//! Rules, compiled to hash lookups: what a decision costs does not depend on how many rules there are.
//!
//! [`Table::new`] compiles; [`decide`](crate::decide) asks. A table never changes, apart from what its calls tell of the
//! health of endpoints.

mod build;
mod chains;
mod compiled;
mod hops;
mod names;
mod probe;
mod size;
mod targets;

pub use compiled::Table;
pub use size::Size;

pub(crate) use chains::{Chains, Lane};
pub(crate) use compiled::Member;
pub(crate) use hops::Hit;
pub(crate) use names::Names;
pub(crate) use targets::{Part, Target};
