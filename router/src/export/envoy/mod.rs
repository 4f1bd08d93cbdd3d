//! A whole static config for the Envoy beside one caller, checked with Envoy 1.40.
//!
//! ```text
//! listener ── host names a service ──▶ virtual host ── x-dye, baggage ──▶ route ── x-dye-roll ──▶ cluster (service:group)
//! ```

mod bootstrap;
mod cluster;
mod difference;
mod matching;
mod route;

pub use bootstrap::envoy;
