//! Measures rates and times left from one look at a job to the next.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::view::{JobStatus, Pace};

/// Rates are those of the last seconds: long enough to be steady, short enough to show that something changed.
const WINDOW: Duration = Duration::from_secs(10);

/// Looks kept: at ten a second, the window.
const MAX_LOOKS: usize = 128;

/// What was seen at one look.
#[derive(Clone, Debug)]
struct Look {
    at: Instant,
    items: u64,
    /// Items and ended tasks of each stage.
    stages: Vec<(u64, u32)>,
}

/// The looks of the last seconds, and the first one.
#[derive(Debug)]
pub(super) struct Meter {
    began: Instant,
    first: Option<Look>,
    looks: VecDeque<Look>,
}

impl Meter {
    /// A meter of a launch that begins now.
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, first: None, looks: VecDeque::new() }
    }

    /// Takes another look.
    pub(super) fn measure(&mut self, status: &JobStatus, now: Instant) {
        let stages = status.stages.iter().map(|s| (s.items.unwrap_or(0), s.ended())).collect();
        let look = Look { at: now, items: status.items(), stages };
        while self.looks.len() >= MAX_LOOKS || self.looks.front().is_some_and(|l| now - l.at > WINDOW) {
            self.looks.pop_front();
        }
        if self.first.is_none() {
            self.first = Some(look.clone());
        }
        self.looks.push_back(look);
    }

    /// How long the launch has worked.
    pub(super) fn elapsed(&self, now: Instant) -> Duration {
        now - self.began
    }

    /// Items a second that enter the job.
    pub(super) fn rate(&self) -> Option<f64> {
        self.per_second(|look| look.items)
    }

    /// Items a second of a stage.
    pub(super) fn stage_rate(&self, stage: usize) -> Option<f64> {
        self.per_second(|look| look.stages.get(stage).map_or(0, |s| s.0))
    }

    /// The time until the tasks of a stage have ended, if they go on as in this launch so far.
    pub(super) fn stage_left(&self, stage: usize, shards: u32) -> Option<Duration> {
        let (first, last) = (self.first.as_ref()?, self.looks.back()?);
        let begun = self.looks.front().filter(|l| ended(l, stage) < ended(last, stage)).unwrap_or(first);
        let done = ended(last, stage).checked_sub(ended(begun, stage)).filter(|done| *done > 0)?;
        let left = shards.checked_sub(ended(last, stage))?;
        Some((last.at - begun.at).mul_f64(f64::from(left) / f64::from(done)))
    }

    fn per_second(&self, items: impl Fn(&Look) -> u64) -> Option<f64> {
        let (from, to) = (self.looks.front()?, self.looks.back()?);
        let seconds = (to.at - from.at).as_secs_f64();
        let done = items(to).saturating_sub(items(from));
        (seconds > 0.2).then(|| done as f64 / seconds)
    }

    /// How fast the launch was as a whole.
    pub(super) fn pace(&self) -> Pace {
        let (Some(first), Some(last)) = (&self.first, self.looks.back()) else { return Pace::default() };
        let ms = u64::try_from((last.at - self.began).as_millis()).unwrap_or(u64::MAX);
        Pace { items: last.items.saturating_sub(first.items), ms }
    }
}

fn ended(look: &Look, stage: usize) -> u32 {
    look.stages.get(stage).map_or(0, |s| s.1)
}
