//! What is due when: an ordered set of (time, kind, id).

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    id::{Fence, JobId, TaskId},
    time::Millis,
};

/// One thing that happens at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Look at an attempt's lease.
    Lease(TaskId, Fence),
    /// An attempt runs past its limit.
    Timeout(TaskId, Fence),
    /// An attempt that was asked to end has not.
    Grace(TaskId, Fence),
    /// A task has backed off long enough.
    Backoff(TaskId),
    /// A job is due.
    Due(JobId),
    /// A finished job leaves memory.
    Retain(JobId),
    /// A dedup id is forgotten.
    Dedup(Arc<str>),
}

/// The timers that are set.
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Millis, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Millis, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn unset(&mut self, at: Millis, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// When the next timer is due.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes out the next timer that is due at `now`.
    pub(crate) fn pop(&mut self, now: Millis) -> Option<(Millis, Timer)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Millis, Timer)> {
        self.0.iter()
    }
}
