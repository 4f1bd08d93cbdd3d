//! What tokio's `task` has, with the lane carried on: a lane's service spawns with these and never with those.
//!
//! The lint in `docs/lanes/clippy.toml` names every bare call and the one here that takes its place.

mod join_set;
mod spawn;

pub use join_set::JoinSet;
pub use spawn::{spawn, spawn_blocking, spawn_blocking_on, spawn_local, spawn_on};
