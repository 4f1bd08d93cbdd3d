//! Chains: read from a file or built in Rust, checked, given parameters, planned, shown.
//!
//! [`Chain::load`] reads and checks a file and reports every mistake at once; [`Chain::resolve`] gives it the
//! parameters of one launch; [`Chain::plan`] cuts the result into stages. Which processors and records exist is told
//! by a [`Catalog`].

mod after;
mod builder;
mod built;
mod by;
mod catalog;
pub mod code;
mod difference;
mod draft;
mod file;
mod head;
mod json;
mod keys;
pub mod listing;
mod moves;
mod params;
mod policy;
mod resolve;
mod roles;
pub mod show;
mod substitute;
mod typing;
mod wire;

pub use builder::ChainBuilder;
pub use catalog::{Catalog, PortItems, PortSpec, ProcessorSpec, RecordSpec};
pub use difference::{difference, params_difference};
pub use draft::RESERVED_KEYS;
pub use file::{Chain, plan};
pub use params::{Given, ParamDecl, ParamKind};
pub(crate) use policy::{COSTS, PRIORITIES};
pub use resolve::{NodeSettings, Resolved};
