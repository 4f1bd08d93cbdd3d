//! Entering a lane, and asking for it.

use super::InLane;
use crate::dye::Lane;

tokio::task_local! {
    static LANE: Lane;
}

/// Runs a future in a lane: wherever it is polled, [`current`] is this lane inside, and what was before outside.
pub fn scope<F: Future>(lane: Lane, future: F) -> InLane<F> {
    InLane::new(future, Some(lane))
}

/// Runs a closure in a lane, on this thread.
pub fn sync_scope<R>(lane: Lane, work: impl FnOnce() -> R) -> R {
    LANE.sync_scope(lane, work)
}

/// The lane of the work that runs right now; `None` outside of any.
pub fn current() -> Option<Lane> {
    LANE.try_with(Lane::clone).ok()
}
