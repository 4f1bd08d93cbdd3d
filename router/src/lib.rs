//! Dye propagation and service-group routing, and the reader of TOML with places that the crates above reuse.

pub mod dye;
pub mod propagate;
pub mod report;
pub mod scope;
pub mod task;
pub mod thread;
pub mod toml;
