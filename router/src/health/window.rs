//! The calls of a window of time and how many of them failed, in one atomic number.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Bits of each of the two counts; the number of the window has the others.
const BITS: u32 = 20;
const MOST: u64 = (1 << BITS) - 1;

/// Calls and failures of the window that runs. Windows follow each other and do not overlap, so that what is known is
/// at most one window old.
///
/// ```text
/// 63         40 39         20 19          0
/// | window     | calls       | failures    |
/// ```
#[derive(Debug, Default)]
pub(super) struct Window(AtomicU64);

/// What a window has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub calls: u64,
    pub failures: u64,
}

impl Seen {
    /// Whether its success rate lies below this many parts of a million.
    pub fn is_below(self, success_ppm: u32) -> bool {
        (self.calls - self.failures) * 1_000_000 < self.calls * u64::from(success_ppm)
    }
}

impl Window {
    /// Counts a call that ended, and tells what its window has seen.
    pub fn count(&self, now_ms: u64, length: Duration, failed: bool) -> Seen {
        let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
        let number = (now_ms / length) & (u64::MAX >> (2 * BITS));
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            let mut seen = unpack(before, number);
            if seen.calls == MOST {
                // A rate stays the same when both are halved.
                seen = Seen { calls: seen.calls / 2, failures: seen.failures / 2 };
            }
            seen.calls += 1;
            seen.failures += u64::from(failed);
            let after = number << (2 * BITS) | seen.calls << BITS | seen.failures;
            match self.0.compare_exchange_weak(before, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return seen,
                Err(other) => before = other,
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

fn unpack(packed: u64, number: u64) -> Seen {
    if packed >> (2 * BITS) == number {
        Seen { calls: packed >> BITS & MOST, failures: packed & MOST }
    } else {
        Seen { calls: 0, failures: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_counts_its_own_calls_only() {
        let (window, second) = (Window::default(), Duration::from_secs(1));
        assert_eq!(window.count(5_000, second, false), Seen { calls: 1, failures: 0 });
        assert_eq!(window.count(5_999, second, true), Seen { calls: 2, failures: 1 });
        assert_eq!(window.count(6_000, second, true), Seen { calls: 1, failures: 1 });
        window.clear();
        assert_eq!(window.count(6_001, second, true), Seen { calls: 1, failures: 1 });
    }

    #[test]
    fn a_full_count_keeps_its_rate() {
        let (window, hour) = (Window::default(), Duration::from_secs(3_600));
        let mut seen = Seen { calls: 0, failures: 0 };
        for n in 0..MOST + 10 {
            seen = window.count(1, hour, n % 4 == 0);
        }
        assert!(seen.calls < MOST, "{seen:?}");
        assert!(seen.is_below(760_000) && !seen.is_below(740_000), "{seen:?}");
    }
}
