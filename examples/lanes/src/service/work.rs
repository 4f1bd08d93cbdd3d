//! The work of a service: a stated amount of computing.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// What each service computes for a call.
pub(crate) const PER_CALL: Duration = Duration::from_micros(40);

/// Steps that are timed at once: about half a millisecond, so that some of the trials are not interrupted.
const TRIAL: u32 = 500_000;

/// How often it is timed. The fastest counts: it was disturbed least.
const TRIALS: u32 = 40;

/// So many steps of computing. A count rather than a time: a call that is interrupted has still all of its work to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// The steps.
    pub steps: u32,
}

impl Work {
    /// As many steps as this machine does in [`PER_CALL`] when nothing disturbs it.
    pub fn calibrated() -> Self {
        let trial = Self { steps: TRIAL };
        let fastest = (0..TRIALS).map(|_| trial.timed()).min().unwrap_or(PER_CALL);
        let steps = PER_CALL.as_secs_f64() / fastest.as_secs_f64().max(1e-9) * f64::from(TRIAL);
        Self { steps: steps as u32 }
    }

    fn timed(self) -> Duration {
        let start = Instant::now();
        black_box(self.on(1));
        start.elapsed()
    }

    /// Does the work; what comes out depends on all of it (xorshift64, Marsaglia 2003).
    pub fn on(self, number: i64) -> i64 {
        let mut state = number.cast_unsigned() | 1 << 63;
        for _ in 0..self.steps {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state = black_box(state);
        }
        state.cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_about_as_long_as_stated() {
        let work = Work::calibrated();
        assert!(work.steps > 100, "{work:?}");
        let fastest = (0..1_000).map(|_| work.timed()).min().unwrap();
        assert!(fastest < PER_CALL * 3 && fastest > PER_CALL / 3, "{fastest:?}");
        assert_eq!(work.on(7), work.on(7), "the same every time");
        assert_ne!(work.on(7), work.on(9));
    }
}
