//! One replica: its calls in flight, its failures, and until when it is ejected.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use xxhash_rust::xxh3::xxh3_64;

use super::window::Window;
use crate::{
    mix::mixed,
    rules::{Address, HealthRule},
};

/// Doubling stops here; no back-off is as long.
const MOST_DOUBLINGS: u32 = 40;

/// One replica of a service. What is known of it are hints, not promises: all of it is relaxed atomics.
///
/// ```text
/// healthy ──failures in a row, or a low rate──▶ ejected ──back-off over──▶ on probation
///    ▲                                             ▲  one failure              │
///    └────────────────── one success ──────────────┼───────────────────────────┤
///                                                  └───────────────────────────┘
/// ```
#[derive(Debug)]
pub struct Endpoint {
    address: Address,
    key: u64,
    in_flight: AtomicU32,
    /// Failures since the last success.
    streak: AtomicU32,
    window: Window,
    /// When its last ejection ends, in milliseconds of the clock; 0 if there was none since it was well.
    back_ms: AtomicU64,
    /// Ejections since it was last well for as long as it had been ejected.
    ejections: AtomicU32,
}

impl Endpoint {
    /// A replica of which nothing bad is known.
    pub fn new(address: Address) -> Self {
        let key = xxh3_64(address.to_string().as_bytes());
        Self {
            address,
            key,
            in_flight: AtomicU32::new(0),
            streak: AtomicU32::new(0),
            window: Window::default(),
            back_ms: AtomicU64::new(0),
            ejections: AtomicU32::new(0),
        }
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Calls to it that have not ended.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How often it was ejected since it was last well.
    pub fn ejections(&self) -> u32 {
        self.ejections.load(Ordering::Relaxed)
    }

    /// Whether no call should go to it at this time.
    pub fn is_ejected(&self, now_ms: impl FnOnce() -> u64) -> bool {
        let back_ms = self.back_ms.load(Ordering::Relaxed);
        // Most have never been: then nobody has to look at a clock.
        back_ms != 0 && now_ms() < back_ms
    }

    /// How much a job prefers this replica: xxh3-64 of `scheme://host:port`, mixed with the hash of the job.
    pub(super) fn affinity(&self, job: u64) -> u64 {
        mixed(self.key ^ job)
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// A call ended well.
    pub(super) fn succeeded(&self, now_ms: u64, rule: &HealthRule) {
        self.window.count(now_ms, rule.window, false);
        let back_ms = self.back_ms.load(Ordering::Relaxed);
        if back_ms > now_ms {
            return; // a late answer from before its ejection
        }
        self.streak.store(0, Ordering::Relaxed);
        let ejections = self.ejections.load(Ordering::Relaxed);
        if ejections > 0 && now_ms - back_ms >= backoff_ms(rule, ejections - 1) {
            self.ejections.store(0, Ordering::Relaxed);
            self.back_ms.store(0, Ordering::Relaxed);
        }
    }

    /// A call failed; tells whether this replica should now be ejected.
    pub(super) fn failed(&self, now_ms: u64, rule: &HealthRule) -> bool {
        let streak = self.streak.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let seen = self.window.count(now_ms, rule.window, true);
        let low = seen.calls >= u64::from(rule.min_calls) && seen.is_below(rule.success_ppm);
        (streak >= rule.failures || low) && self.back_ms.load(Ordering::Relaxed) <= now_ms
    }

    /// Takes it out until its back-off is over. Then it is on probation: one failure ejects it again, for longer.
    pub(super) fn eject(&self, now_ms: u64, rule: &HealthRule) {
        let before = self.ejections.fetch_add(1, Ordering::Relaxed);
        self.back_ms.store(now_ms + backoff_ms(rule, before), Ordering::Relaxed);
        self.streak.store(rule.failures - 1, Ordering::Relaxed);
        self.window.clear();
    }
}

/// How long the n-th ejection lasts, counted from 0.
fn backoff_ms(rule: &HealthRule, n: u32) -> u64 {
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let (low, high) = (ms(rule.backoff.0), ms(rule.backoff.1));
    low.saturating_mul(1 << n.min(MOST_DOUBLINGS)).min(high).max(1)
}
