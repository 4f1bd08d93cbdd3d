//! What a partition remembers: jobs, tasks, dedup ids, and the indexes that follow from them.
//!
//! Only effects change it ([`State::evolve`]). What is durable goes into snapshots and the digest; queue, timers and
//! the table of live attempts are derived, and rebuilt when a snapshot is read.

mod image;
mod inputs;
mod job;
mod live;
mod readiness;
mod record;
mod snapshot;
mod stage;
mod task;
mod view;

use std::{collections::BTreeMap, sync::Arc};

pub use snapshot::SnapshotError;
pub use view::{JobView, StageView, TaskView};

pub(crate) use job::Job;
pub(crate) use live::Live;
pub(crate) use readiness::Tolerance;
pub use record::{BuildRecord, LabelRecord, SpecRecord};
pub(crate) use record::{decode_spec, encode_spec};
pub(crate) use stage::Stage;
pub(crate) use task::{Extra, Retries, Task};

use crate::{
    batch::decode_batch,
    effect::{DecodeError, Effect},
    id::{JobId, StageIx, TaskId},
    queue::Queue,
    timer::Timers,
};

/// An effect that does not fit the state: a log that was tampered with, or a bug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("effect {effect} does not fit the state: {what}")]
pub struct EvolveError {
    /// The effect's name.
    pub effect: &'static str,
    /// What does not fit.
    pub what: String,
}

/// Why a logged batch could not be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Its bytes are not those of a batch, or of a newer version.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An effect of it does not fit.
    #[error(transparent)]
    Evolve(#[from] EvolveError),
}

/// Who owns a dedup id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dedup {
    pub(crate) job: JobId,
    /// Whether the job ever succeeded: the id is then its own, whatever a later run of it comes to.
    pub(crate) succeeded: bool,
    /// Set once the job was purged after it succeeded: when the id is forgotten.
    pub(crate) until: Option<crate::time::Millis>,
}

/// The memory of one partition.
#[derive(Debug)]
pub struct State {
    pub(crate) partition: u16,
    pub(crate) epoch: u64,
    pub(crate) next_fence: u64,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) dedup: BTreeMap<Arc<str>, Dedup>,
    /// Derived: what can be handed out.
    pub(crate) queue: Queue,
    /// Derived: what is due when.
    pub(crate) timers: Timers,
    /// Derived: attempts that run. Their lease deadlines are volatile.
    pub(crate) live: BTreeMap<TaskId, Live>,
    /// How long a lease lasts; a setting of the owner, not of the state.
    pub(crate) lease_ms: u64,
}

impl State {
    /// The empty state of a partition.
    #[must_use]
    pub fn new(partition: u16) -> Self {
        Self {
            partition,
            epoch: 0,
            next_fence: 1,
            jobs: BTreeMap::new(),
            dedup: BTreeMap::new(),
            queue: Queue::default(),
            timers: Timers::default(),
            live: BTreeMap::new(),
            lease_ms: 0,
        }
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> u16 {
        self.partition
    }

    /// The generation of the last owner that voided the leases.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Attempts that run now, of all jobs.
    #[must_use]
    pub fn live_attempts(&self) -> usize {
        self.live.len()
    }

    /// Applies the effects of a logged batch.
    ///
    /// # Errors
    /// When the bytes are not a batch of a known version, or an effect does not fit: the state is then to be thrown
    /// away.
    pub fn replay(&mut self, batch: &[u8]) -> Result<(), ReplayError> {
        for effect in decode_batch(batch)? {
            self.evolve(effect)?;
        }
        Ok(())
    }

    /// Applies one effect: the only way the state changes.
    ///
    /// # Errors
    /// When the effect does not fit the state.
    pub fn evolve(&mut self, effect: Effect) -> Result<(), EvolveError> {
        effect.evolve(self)
    }

    pub(crate) fn job_mut(&mut self, effect: &'static str, id: JobId) -> Result<&mut Job, EvolveError> {
        self.jobs.get_mut(&id).ok_or_else(|| EvolveError { effect, what: format!("there is no job {id}") })
    }

    /// The stage of a task's job, for an effect.
    pub(crate) fn stage_mut(
        &mut self,
        effect: &'static str,
        job: JobId,
        stage: StageIx,
    ) -> Result<&mut Stage, EvolveError> {
        self.job_mut(effect, job)?
            .stages
            .get_mut(stage as usize)
            .ok_or_else(|| EvolveError { effect, what: format!("job {job} has no stage {stage}") })
    }

    pub(crate) fn task_ref(&self, id: TaskId) -> Option<&Task> {
        self.jobs.get(&id.job)?.stages.get(id.stage as usize)?.tasks.get(id.shard as usize)
    }

    /// Takes a stage in or out of the queue, as its job, its limits and its ready tasks now demand.
    pub(crate) fn requeue(&mut self, job: JobId, stage: StageIx) {
        let Some(j) = self.jobs.get_mut(&job) else { return };
        let wanted = j.queue_key(stage);
        let Some(s) = j.stages.get_mut(stage as usize) else { return };
        if s.queued == wanted {
            return;
        }
        let group = &j.plan.stages[stage as usize].group;
        if let Some(old) = s.queued.take() {
            self.queue.remove(group, &old);
        }
        if let Some(new) = wanted {
            self.queue.insert(group, new.clone());
            s.queued = Some(new);
        }
    }

    /// [`requeue`](Self::requeue) for all stages of a job.
    pub(crate) fn requeue_all(&mut self, job: JobId) {
        let stages = self.jobs.get(&job).map_or(0, |j| j.stages.len());
        for stage in 0..stages {
            self.requeue(job, stage as StageIx);
        }
    }

    /// After the number of a stage's live or ready tasks changed.
    pub(crate) fn requeue_after(&mut self, job: JobId, stage: StageIx) {
        if self.jobs.get(&job).is_some_and(|j| j.concurrency.is_some()) {
            self.requeue_all(job);
        } else {
            self.requeue(job, stage);
        }
    }
}
