//! One task in memory: small when nothing unusual happened to it.

use std::sync::Arc;

use crate::{
    count::Tally,
    failure::Place,
    report::{Artifact, Checkpoint},
    time::Millis,
    transition::TaskPhase,
};

/// How often a task failed, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retries {
    /// Where it failed last; `None` with a count is "nowhere in particular".
    pub(crate) place: Option<Place>,
    /// Failures at that place in a row.
    pub(crate) count: u32,
    /// Lost workers since the last checkpoint.
    pub(crate) lost: u32,
    /// Throttled attempts since the last checkpoint.
    pub(crate) throttled: u32,
    /// Failed attempts of any class since the last checkpoint.
    pub(crate) fruitless: u32,
}

/// What most tasks do not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extra {
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) retries: Retries,
    pub(crate) exhausted: Vec<Place>,
    pub(crate) result: Option<Arc<[u8]>>,
}

/// One stage over one shard.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) phase: TaskPhase,
    /// Attempts so far.
    pub(crate) attempt: u32,
    /// The version of the live parameters its last attempt started with.
    pub(crate) params_version: u32,
    /// The last attempt's fence; 0 when there was none.
    pub(crate) fence: u64,
    /// The worker of the last attempt.
    pub(crate) worker: u64,
    /// Leased since, backing off until, or ended at, by phase.
    pub(crate) at: Millis,
    /// Its committed counts.
    pub(crate) counts: Tally,
    pub(crate) extra: Option<Box<Extra>>,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            phase: TaskPhase::Waiting,
            attempt: 0,
            params_version: 0,
            fence: 0,
            worker: 0,
            at: Millis(0),
            counts: Tally::default(),
            extra: None,
        }
    }
}

impl Task {
    /// The number of the last checkpoint; 0 when there is none.
    pub(crate) fn seq(&self) -> u64 {
        self.checkpoint().map_or(0, |c| c.seq)
    }

    pub(crate) fn checkpoint(&self) -> Option<&Checkpoint> {
        self.extra.as_ref()?.checkpoint.as_ref()
    }

    pub(crate) fn artifacts(&self) -> &[Artifact] {
        self.extra.as_ref().map_or(&[], |e| &e.artifacts)
    }

    pub(crate) fn retries(&self) -> Retries {
        self.extra.as_ref().map_or_else(Retries::default, |e| e.retries)
    }

    pub(crate) fn exhausted(&self) -> &[Place] {
        self.extra.as_ref().map_or(&[], |e| &e.exhausted)
    }

    pub(crate) fn result(&self) -> Option<&Arc<[u8]>> {
        self.extra.as_ref()?.result.as_ref()
    }

    /// The part that most tasks do not have, made when it is missing.
    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Forgets what only a running task needs, once it has succeeded.
    pub(crate) fn settle(&mut self) {
        let Some(extra) = &mut self.extra else { return };
        extra.checkpoint = None;
        extra.retries = Retries::default();
        extra.exhausted = Vec::new();
        extra.artifacts.shrink_to_fit();
        if extra.artifacts.is_empty() && extra.result.is_none() {
            self.extra = None;
        }
    }
}
