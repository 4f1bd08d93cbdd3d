//! The lane of the work that runs right now: set by whoever received it, read by whoever makes calls for it.
//!
//! A lane is bound to the future or the thread that runs in [`scope`] or [`sync_scope`]. It holds through `.await`,
//! `join!` and `select!`, since those poll in place. It does not follow into what is spawned: [`task`](crate::task)
//! and [`thread`](crate::thread) have the same functions as tokio and the standard library, which carry it on;
//! [`carry`] does so for any other closure, and [`InLaneExt`] for a future or a stream that is handed away.

mod closure;
mod current;
mod in_lane;

pub use closure::carry;
pub use current::{current, scope, sync_scope};
pub use in_lane::{InLane, InLaneExt};

#[cfg(test)]
mod tests;
