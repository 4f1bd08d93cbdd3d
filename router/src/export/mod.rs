//! Rules for those who run a mesh already: what an Envoy beside a service has to be told to route as the table does.
//!
//! [`plan`] asks the table where the calls of one caller go; [`envoy`] writes that down. What the target cannot do is a
//! [`gap`]: named, with its place in the rules, never dropped. A [`Document`] is shown as YAML or as JSON.

pub mod code;
mod document;
mod envoy;
mod gap;
mod plan;
mod sidecar;
mod yaml;

pub use document::Document;
pub use envoy::envoy;
pub use sidecar::{Exported, Sidecar};
