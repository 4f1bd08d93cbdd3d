//! The engine's time: the wall clock as it was at start, moved on by a clock that never goes back.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dyeline_engine::Millis;

/// A clock that a change of the machine's time does not reach.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Duration,
    start: Instant,
}

impl Clock {
    /// A clock that agrees with the wall clock now.
    pub fn start() -> Self {
        Self { wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), start: Instant::now() }
    }

    /// Now.
    pub fn now(&self) -> Millis {
        Millis((self.wall + self.start.elapsed()).as_millis() as u64)
    }

    /// The time from now until `at`; zero if it has passed.
    pub fn until(&self, at: Millis) -> Duration {
        Duration::from_millis(at.0).saturating_sub(self.wall + self.start.elapsed())
    }
}
