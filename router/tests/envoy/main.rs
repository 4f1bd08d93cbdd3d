//! A real Envoy with an exported config sends every call to the group that the table names.
//!
//! Needs an `envoy` on the path, or where `DYELINE_ENVOY` says; `.ci/envoy` installs one. Without it these tests say so
//! and pass, unless `DYELINE_REQUIRE_ENVOY=1`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may unwrap what it has just built"
)]

mod backends;
mod client;
mod down;
mod edge;
mod envoy;
mod rolls;
mod same;
