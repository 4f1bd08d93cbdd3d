//! The time, as health sees it: milliseconds since some beginning, never going back.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Tells the time. A test moves it by hand.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Milliseconds since the clock's beginning; at least 1, so that 0 can mean never.
    fn now_ms(&self) -> u64;
}

/// The machine's clock that never goes back.
#[derive(Debug)]
pub struct Monotonic {
    beginning: Instant,
}

impl Default for Monotonic {
    fn default() -> Self {
        Self { beginning: Instant::now() }
    }
}

impl Clock for Monotonic {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.beginning.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }
}

/// A clock that only moves when it is told to.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl ManualClock {
    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX / 2);
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
