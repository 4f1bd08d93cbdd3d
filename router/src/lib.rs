//! Dye propagation and service-group routing, and the reader of TOML with places that the crates above reuse.

pub mod report;
pub mod toml;
