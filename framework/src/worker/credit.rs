//! How much work a pool asks for ahead of need.
//!
//! Long tasks are taken one a slot, so that another worker can have the rest. Tasks of microseconds are taken by the
//! thousand, since each trip to the engine waits for a disk. The window follows the mean time of recent attempts.

use std::time::Duration;

/// Work that may wait in the pool's queue: what its slots get through while a hand-out is on its way.
const AHEAD: Duration = Duration::from_millis(20);

/// The most hand-outs a slot holds or has coming.
const MAX_PER_SLOT: u32 = 4096;

/// The share of the newest attempt in the mean: the last sixteen or so count.
const NEWEST: f64 = 1.0 / 16.0;

/// The credit of one pool.
#[derive(Debug)]
pub(crate) struct Window {
    slots: u32,
    /// Credit granted for attempts that have not ended.
    outstanding: u32,
    /// Mean time of an attempt, in seconds.
    mean: f64,
}

impl Window {
    /// A window for this many slots, before anything is known of the tasks.
    pub fn new(slots: u32) -> Self {
        Self { slots: slots.max(1), outstanding: 0, mean: AHEAD.as_secs_f64() }
    }

    /// One attempt ended.
    pub fn ended(&mut self, ran: Duration) {
        self.outstanding = self.outstanding.saturating_sub(1);
        self.mean += (ran.as_secs_f64() - self.mean) * NEWEST;
    }

    /// The most credit that may be outstanding.
    fn size(&self) -> u32 {
        let ahead = AHEAD.as_secs_f64() / self.mean.max(1e-7);
        let per_slot = 1 + (ahead as u32).min(MAX_PER_SLOT - 1);
        self.slots.saturating_mul(per_slot)
    }

    /// Credit to grant to fill the window.
    pub fn refill(&mut self) -> u32 {
        let credit = self.size().saturating_sub(self.outstanding);
        self.outstanding += credit;
        credit
    }

    /// The same, once the window has emptied by a quarter or a slot is about to run dry: grants are messages too.
    pub fn refill_when_low(&mut self) -> u32 {
        let size = self.size();
        let missing = size.saturating_sub(self.outstanding);
        if missing * 4 >= size || self.outstanding < 2 * self.slots { self.refill() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tasks_are_taken_one_at_a_time_and_short_ones_by_the_thousand() {
        let mut window = Window::new(2);
        assert_eq!(window.refill(), 4);
        for _ in 0..200 {
            window.ended(Duration::from_secs(3));
            window.refill_when_low();
        }
        assert_eq!(window.outstanding, 2);
        for _ in 0..400 {
            window.ended(Duration::from_micros(2));
            window.refill_when_low();
        }
        assert!(window.outstanding > 4096, "{window:?}");
    }

    #[test]
    fn credit_outstanding_never_passes_the_window() {
        let mut window = Window::new(3);
        for us in [1, 10, 1_000, 1_000_000, 5, 5, 5] {
            for _ in 0..50 {
                window.ended(Duration::from_micros(us));
                window.refill_when_low();
                assert!(window.outstanding <= window.size().max(window.slots * MAX_PER_SLOT));
            }
        }
    }
}
