//! Progress where there is no terminal: a line every few seconds, none for a short job.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use super::Meter;
use crate::view::{JobStatus, count_text, duration_text, rate_text};

/// Seldom enough for a log that is kept.
const EVERY: Duration = Duration::from_secs(5);

/// When the last line was written.
pub(super) struct Lines {
    last: Option<Instant>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { last: None }
    }

    /// A line, when it is time for one.
    pub(super) fn line(&mut self, status: &JobStatus, meter: &Meter, now: Instant) -> Option<String> {
        let last = *self.last.get_or_insert(now);
        if now - last < EVERY {
            return None;
        }
        self.last = Some(now);
        Some(progress_line(status, meter, now))
    }
}

/// One line on the whole job: state, stages, tasks, items, rate, time left, retries, items given up.
pub(super) fn progress_line(status: &JobStatus, meter: &Meter, now: Instant) -> String {
    let (ended, known) = status.shards();
    let mut line = format!(
        "{} {}: {}/{} stages, {}/{} tasks, {} items",
        status.chain,
        status.phase,
        status.stages_ended(),
        status.stages.len(),
        count_text(ended),
        count_text(known),
        count_text(status.items()),
    );
    // Writing to a string does not fail.
    if let Some(rate) = meter.rate() {
        let _ = write!(line, ", {}", rate_text(rate));
    }
    let running = status.stages.iter().enumerate().filter(|(_, s)| s.has_begun() && !s.is_ended());
    let left = running.filter_map(|(at, stage)| meter.stage_left(at, stage.shards?)).max();
    if let Some(left) = left {
        let _ = write!(line, ", {} left in this stage", left_text(left));
    }
    for (count, word) in [(status.retried(), "retries"), (status.given_up(), "given up")] {
        if count > 0 {
            let _ = write!(line, ", {} {word}", count_text(count));
        }
    }
    let _ = write!(
        line,
        ", {}",
        duration_text(u64::try_from(meter.elapsed(now).as_millis()).unwrap_or(u64::MAX))
    );
    line
}

/// A time left: whole seconds, since it is a guess.
pub(super) fn left_text(left: Duration) -> String {
    let s = left.as_secs();
    if s < 60 { format!("{s} s") } else { duration_text(s * 1_000) }
}
