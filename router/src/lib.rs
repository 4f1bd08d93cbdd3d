//! Dye propagation and service-group routing, and the reader of TOML with places that the crates above reuse.
//!
//! A rules file is read into [`rules`], compiled into a [`table`], which [`decide`]s where each call goes; [`health`]
//! picks the endpoint.

#[cfg(all(feature = "http", feature = "reqwest"))]
pub mod client;
pub mod decide;
pub mod dye;
pub mod export;
#[cfg(feature = "reqwest")]
pub mod fetch;
pub mod health;
#[cfg(feature = "http")]
pub mod layer;
mod mix;
pub mod process;
pub mod propagate;
#[cfg(feature = "proxy")]
pub mod proxy;
pub mod reload;
pub mod report;
pub mod rules;
pub mod scope;
pub mod table;
pub mod task;
pub mod thread;
pub mod toml;
