//! Rules for those who run a mesh already: what an Envoy beside a service, or an Istio, has to be
//! told to route as the table does.
//!
//! [`plan`] asks the table where the calls of one caller go; [`envoy`] and [`istio`] write that down. What the target cannot do is a
//! [`gap`]: named, with its place in the rules, never dropped. A [`Document`] is shown as YAML or as JSON.

pub mod code;
mod document;
mod envoy;
mod gap;
mod istio;
mod plan;
mod sidecar;
mod yaml;

pub use document::Document;
pub use envoy::envoy;
pub use istio::istio;
pub use sidecar::{Exported, Sidecar};
