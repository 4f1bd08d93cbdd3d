//! The second opinion: what must be true of the log and of what leaves the engine.
//!
//! It follows logged effects, in order, with a state of its own, and says when an effect or an output breaks a
//! promise. It reads nothing of the engine's state except to compare sums.

mod check;
mod follow;
mod job;
mod outputs;

use std::collections::{BTreeMap, BTreeSet};

use dyeline_engine::{JobId, RequestId, TaskId, effect::Effect, invariant::Invariant};

pub(crate) use job::{MJob, MTask};

use super::Coverage;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which one.
    pub invariant: Invariant,
    /// How.
    pub what: String,
}

pub(crate) fn broken<T>(invariant: Invariant, what: impl Into<String>) -> Result<T, Broken> {
    Err(Broken { invariant, what: what.into() })
}

/// What has become durable, as the effects tell it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) jobs: BTreeMap<JobId, MJob>,
    /// Live attempts: the fence and the worker.
    pub(crate) live: BTreeMap<TaskId, (u64, u64)>,
    /// The largest fence ever leased.
    pub(crate) last_fence: u64,
    /// Jobs that succeeded, by dedup id.
    pub(crate) succeeded: BTreeMap<String, BTreeSet<JobId>>,
    /// Jobs that were accepted and told so.
    pub(crate) promised: BTreeSet<JobId>,
    pub(crate) purged: BTreeSet<JobId>,
    /// Reports that were committed: task, fence, number.
    pub(crate) committed: BTreeSet<(TaskId, u64, u64)>,
    /// Attempts that were committed as done.
    pub(crate) done: BTreeSet<(TaskId, u64)>,
    /// Requests that were answered.
    pub(crate) answered: BTreeSet<RequestId>,
}

impl Model {
    /// A batch became durable.
    pub(crate) fn batch(&mut self, effects: &[Effect], coverage: &mut Coverage) -> Result<(), Broken> {
        for effect in effects {
            coverage.hit(format!("effect {}", effect.name()));
            self.follow(effect, coverage)?;
        }
        Ok(())
    }

    pub(crate) fn job(&mut self, id: JobId) -> Result<&mut MJob, Broken> {
        match self.jobs.get_mut(&id) {
            Some(job) => Ok(job),
            None => broken(
                dyeline_engine::invariant::ONE_END,
                format!("an effect is about job {id}, which is not there"),
            ),
        }
    }
}
