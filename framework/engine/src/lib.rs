//! The planner and the deterministic state machine of Dyeline.
//!
//! Deliberately absent: tokio, clocks, randomness, files, sockets. Time arrives as input, chance comes from a seed
//! in the state, and everything that leaves is returned as a value.

pub mod id;
pub mod plan;
