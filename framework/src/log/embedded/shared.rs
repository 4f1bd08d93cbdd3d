//! What the owner, the writer thread, the tails and the snapshots of one acquisition know together.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::folder::Folder;
use crate::log::Position;

/// A segment that is part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentMeta {
    pub(super) number: u64,
    /// Position of its first batch.
    pub(super) base: Position,
    /// Bytes of the file.
    pub(super) size: u64,
}

/// The durable end of the log: where the next group goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End {
    pub(super) position: Position,
    pub(super) segment: u64,
    /// Bytes from the beginning of the segment.
    pub(super) offset: u64,
}

/// A file that can become a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spare {
    pub(super) number: u64,
    pub(super) size: u64,
}

/// What changes while the log is owned.
#[derive(Debug, Default)]
pub(super) struct State {
    /// In order of their numbers, without gaps; the last one is written.
    pub(super) segments: Vec<SegmentMeta>,
    pub(super) end: End,
    pub(super) spares: Vec<Spare>,
    /// The number of the next spare.
    pub(super) next_spare: u64,
    /// Positions of the kept snapshots, in order; two at most.
    pub(super) snapshots: Vec<Position>,
    /// Whether the owner still owns the log through this state.
    pub(super) owned: bool,
}

impl State {
    /// The oldest position that can be read.
    pub(super) fn oldest(&self) -> Position {
        self.segments.first().map_or(self.end.position, |s| s.base)
    }
}

/// The state of one acquisition, behind a lock that is never held during I/O.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: Folder,
    state: Mutex<State>,
    grown: Condvar,
    /// Held while files other than the last segment are changed, so that none is after the owner has let go.
    upkeep: Mutex<()>,
}

impl Shared {
    pub(super) fn new(folder: Folder, state: State) -> Self {
        Self { folder, state: Mutex::new(state), grown: Condvar::new(), upkeep: Mutex::new(()) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn upkeep(&self) -> MutexGuard<'_, ()> {
        self.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the durable end and wakes the tails.
    pub(super) fn grow(&self, end: End) {
        self.state().end = end;
        self.grown.notify_all();
    }

    /// Ends this acquisition; returns when nobody changes a file on its behalf any more.
    pub(super) fn release(&self) {
        let _upkeep = self.upkeep();
        self.state().owned = false;
        self.grown.notify_all();
    }

    /// Waits until the log has grown past `at` or is let go, for at most `wait`.
    pub(super) fn wait_past(&self, at: Position, wait: Duration) -> MutexGuard<'_, State> {
        let waits = |state: &mut State| state.owned && state.end.position <= at;
        self.grown.wait_timeout_while(self.state(), wait, waits).unwrap_or_else(PoisonError::into_inner).0
    }
}
