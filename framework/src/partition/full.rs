//! A log without room: the owner keeps what was refused in memory and tries again, until there is room or an end is
//! asked for. Nothing leaves meanwhile, so nothing that is lost by an end was ever acknowledged.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::inbox::Message;
use crate::log::CommitError;

/// The time until the first new try: a spare segment may be on its way, or a snapshot about to free some.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest time between two tries: room is used so soon after it was made, and a try costs the write of a segment.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What the owner knows while the log has no room.
pub(super) struct Full {
    /// What the log said last.
    pub(super) error: CommitError,
    /// Commands that came meanwhile, in order. Attempts take no checkpoints while they see the [`Stall`], and no new
    /// ones are handed out: that bounds it.
    pub(super) held: VecDeque<Message>,
    wait: Duration,
    next: Instant,
}

impl Full {
    pub(super) fn new(error: CommitError) -> Self {
        Self { error, held: VecDeque::new(), wait: FIRST_WAIT, next: Instant::now() + FIRST_WAIT }
    }

    /// The time until the next try.
    pub(super) fn left(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// It is tried now, and later next time.
    pub(super) fn tried(&mut self) {
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        self.next = Instant::now() + self.wait;
    }
}

/// Shows others than the owner that the log has no room.
#[derive(Default)]
pub(super) struct Stall(Mutex<Option<(Instant, String)>>);

impl Stall {
    /// The log has no room, or has it again.
    pub(super) fn set(&self, why: Option<&CommitError>) {
        let mut stall = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = stall.as_ref().map_or_else(Instant::now, |(since, _)| *since);
        *stall = why.map(|why| (since, why.to_string()));
    }

    /// Where room is missing and how much, and since when; `None` while there is enough.
    pub(super) fn get(&self) -> Option<(Instant, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
