//! Effects on one task and its attempts.

use super::TaskRef;
use crate::{
    count::{NodeCounts, NodeDelta, Tally},
    failure::{Class, Failure, Place},
    id::{Fence, TaskId, WorkerId},
    report::{Artifact, Checkpoint, Progress},
    state::{EvolveError, Job, Retries, State},
    time::Millis,
    timer::Timer,
    transition::TaskPhase,
};

/// What a task committed, in the log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ProgressRecord {
    /// The checkpoint's number.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
    /// Rows before this one are done.
    #[prost(uint64, tag = "2")]
    pub row: u64,
    /// Where to go on.
    #[prost(bytes = "vec", tag = "3")]
    pub bytes: Vec<u8>,
    /// What was left behind.
    #[prost(message, repeated, tag = "4")]
    pub artifacts: Vec<ArtifactRecord>,
    /// What each node did, as a [`Tally`].
    #[prost(bytes = "vec", tag = "5")]
    pub counts: Vec<u8>,
}

/// An artifact in the log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ArtifactRecord {
    /// Which output.
    #[prost(uint32, tag = "1")]
    pub output: u32,
    /// Bytes that only workers understand.
    #[prost(bytes = "vec", tag = "2")]
    pub bytes: Vec<u8>,
}

/// A place in the log.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct PlaceRecord {
    /// The row.
    #[prost(uint64, tag = "1")]
    pub row: u64,
    /// The node.
    #[prost(uint32, tag = "2")]
    pub node: u32,
    /// The item.
    #[prost(uint32, tag = "3")]
    pub index: u32,
}

impl From<Place> for PlaceRecord {
    fn from(p: Place) -> Self {
        Self { row: p.row, node: p.node, index: p.index }
    }
}

impl From<PlaceRecord> for Place {
    fn from(p: PlaceRecord) -> Self {
        Self { row: p.row, node: p.node, index: p.index }
    }
}

impl From<Progress> for ProgressRecord {
    fn from(progress: Progress) -> Self {
        let mut counts = Tally::default();
        counts.add(&progress.counts);
        let artifacts = progress.artifacts.iter();
        Self {
            seq: progress.seq,
            row: progress.row,
            bytes: progress.bytes,
            artifacts: artifacts
                .map(|a| ArtifactRecord { output: a.output, bytes: a.bytes.to_vec() })
                .collect(),
            counts: counts.as_bytes().to_vec(),
        }
    }
}

/// Adds what a task committed to the task and its job. `done` drops the checkpoint itself.
fn commit(
    effect: &'static str,
    job: &mut Job,
    id: TaskId,
    record: ProgressRecord,
    done: bool,
) -> Result<(), EvolveError> {
    let Some(counts) = Tally::from_bytes(&record.counts) else {
        return Err(EvolveError { effect, what: "its counts cannot be read".to_owned() });
    };
    let deltas: Vec<NodeDelta> = counts.iter().collect();
    job.add_counts(&deltas);
    let task = job
        .stages
        .get_mut(id.stage as usize)
        .and_then(|s| s.tasks.get_mut(id.shard as usize))
        .ok_or_else(|| EvolveError { effect, what: format!("there is no task {id}") })?;
    if !task.counts.as_bytes().is_empty() {
        task.counts.add(&deltas);
    } else {
        task.counts = counts;
    }
    if !record.artifacts.is_empty() {
        let artifacts = record.artifacts.into_iter();
        let artifacts = artifacts.map(|a| Artifact { output: a.output, bytes: a.bytes.into() });
        task.extra_mut().artifacts.extend(artifacts);
    }
    if !done {
        let extra = task.extra_mut();
        extra.retries = Retries::default();
        extra.exhausted.retain(|p| p.row >= record.row);
        extra.checkpoint = Some(Checkpoint { seq: record.seq, row: record.row, bytes: record.bytes.into() });
    }
    Ok(())
}

/// A waiting or backed-off task can be handed out.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct TaskReadied {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
}

impl TaskReadied {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.task.id();
        let stage = state.stage_mut("TaskReadied", id.job, id.stage)?;
        let backoff =
            stage.tasks.get(id.shard as usize).filter(|t| t.phase == TaskPhase::Backoff).map(|t| t.at);
        stage.set_phase("TaskReadied", id.shard, TaskPhase::Ready)?;
        if let Some(at) = backoff {
            state.timers.unset(at, Timer::Backoff(id));
        }
        state.requeue_after(id.job, id.stage);
        Ok(())
    }
}

/// A worker got a task: an attempt.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct TaskLeased {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
    /// The attempt's fence.
    #[prost(uint64, tag = "2")]
    pub fence: u64,
    /// The worker.
    #[prost(fixed64, tag = "3")]
    pub worker: u64,
    /// When, in milliseconds.
    #[prost(uint64, tag = "4")]
    pub at: u64,
    /// The version of the live parameters it starts with.
    #[prost(uint32, tag = "5")]
    pub params_version: u32,
}

impl TaskLeased {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.task.id();
        if self.fence < state.next_fence {
            let what = format!("fence {} of task {id} is not newer than all before", self.fence);
            return Err(EvolveError { effect: "TaskLeased", what });
        }
        let stage = state.stage_mut("TaskLeased", id.job, id.stage)?;
        let task = stage.set_phase("TaskLeased", id.shard, TaskPhase::Leased)?;
        task.attempt = task.attempt.saturating_add(1);
        task.fence = self.fence;
        task.worker = self.worker;
        task.at = Millis(self.at);
        task.params_version = self.params_version;
        state.next_fence = self.fence.saturating_add(1);
        state.enter_live(id, Fence(self.fence), WorkerId(self.worker), Millis(self.at));
        state.requeue_after(id.job, id.stage);
        Ok(())
    }
}

/// A checkpoint was accepted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskCheckpointed {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
    /// What was committed.
    #[prost(message, required, tag = "2")]
    pub progress: ProgressRecord,
}

impl TaskCheckpointed {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.task.id();
        let job = state.job_mut("TaskCheckpointed", id.job)?;
        commit("TaskCheckpointed", job, id, self.progress, false)
    }
}

/// A task is done.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaskSucceeded {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// What was committed with it.
    #[prost(message, required, tag = "3")]
    pub progress: ProgressRecord,
    /// Bytes for the shell.
    #[prost(bytes = "vec", tag = "4")]
    pub result: Vec<u8>,
}

impl TaskSucceeded {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        const NAME: &str = "TaskSucceeded";
        let id = self.task.id();
        state.leave_live(id);
        let job = state.job_mut(NAME, id.job)?;
        commit(NAME, job, id, self.progress, true)?;
        let task = job.stages[id.stage as usize].set_phase(NAME, id.shard, TaskPhase::Succeeded)?;
        task.at = Millis(self.at);
        if !self.result.is_empty() {
            task.extra_mut().result = Some(self.result.into());
        }
        task.settle();
        state.requeue_after(id.job, id.stage);
        Ok(())
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another attempt at this time.
    BackOff(Millis),
    /// Another attempt at once.
    Again,
    /// No other attempt: the task failed.
    GiveUp,
}

/// An attempt failed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AttemptFailed {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// The class, by its place in [`CLASSES`](crate::CLASSES).
    #[prost(uint32, tag = "3")]
    pub class: u32,
    /// The item.
    #[prost(message, optional, tag = "4")]
    pub place: Option<PlaceRecord>,
    /// The node.
    #[prost(uint32, optional, tag = "5")]
    pub node: Option<u32>,
    /// An error code.
    #[prost(string, tag = "6")]
    pub code: String,
    /// What happened.
    #[prost(string, tag = "7")]
    pub text: String,
    /// 1 backs off until `until`, 2 again at once, 3 given up.
    #[prost(uint32, tag = "8")]
    pub verdict: u32,
    /// When the next attempt may start, in milliseconds.
    #[prost(uint64, tag = "9")]
    pub until: u64,
    /// The item is given up with the next attempt.
    #[prost(bool, tag = "10")]
    pub exhausted: bool,
    /// Failures at this place in a row, this one included.
    #[prost(uint32, tag = "11")]
    pub count: u32,
    /// Lost workers in a row.
    #[prost(uint32, tag = "12")]
    pub lost: u32,
    /// Throttled attempts in a row.
    #[prost(uint32, tag = "13")]
    pub throttled: u32,
    /// Failed attempts in a row.
    #[prost(uint32, tag = "14")]
    pub fruitless: u32,
    /// The node whose counts grow by one failed attempt.
    #[prost(uint32, tag = "15")]
    pub counted_at: u32,
    /// Where the retries are counted; may differ from `place` for lost workers, which keep it.
    #[prost(message, optional, tag = "16")]
    pub retry_place: Option<PlaceRecord>,
}

impl AttemptFailed {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        const NAME: &str = "AttemptFailed";
        let id = self.task.id();
        let refuse = |what: String| EvolveError { effect: NAME, what };
        let class = Class::from_index(self.class).ok_or_else(|| refuse(format!("class {}", self.class)))?;
        let (next, at) = match self.verdict {
            1 => (TaskPhase::Backoff, self.until),
            2 => (TaskPhase::Ready, self.at),
            3 => (TaskPhase::Failed, self.at),
            other => return Err(refuse(format!("verdict {other}"))),
        };
        state.leave_live(id);
        let job = state.job_mut(NAME, id.job)?;
        let counts = attempt_counts(class, next != TaskPhase::Failed);
        let delta = NodeDelta { node: self.counted_at, counts };
        let stage =
            job.stages.get_mut(id.stage as usize).ok_or_else(|| refuse(format!("there is no task {id}")))?;
        let task = stage.set_phase(NAME, id.shard, next)?;
        task.at = Millis(at);
        task.counts.add(&[delta]);
        let attempt = task.attempt;
        let extra = task.extra_mut();
        extra.retries = Retries {
            place: self.retry_place.map(Place::from),
            count: self.count,
            lost: self.lost,
            throttled: self.throttled,
            fruitless: self.fruitless,
        };
        if let (true, Some(place)) = (self.exhausted, self.place) {
            extra.exhausted.push(place.into());
        }
        job.add_counts(&[delta]);
        job.remember(Failure {
            task: id,
            attempt,
            at: Millis(self.at),
            class,
            node: self.node,
            place: self.place.map(Place::from),
            code: self.code,
            text: self.text,
            last: next == TaskPhase::Failed,
        });
        if next == TaskPhase::Backoff {
            state.timers.set(Millis(at), Timer::Backoff(id));
        }
        state.requeue_after(id.job, id.stage);
        Ok(())
    }
}

/// What one failed attempt adds to the counts of its node.
fn attempt_counts(class: Class, retried: bool) -> NodeCounts {
    let mut counts = NodeCounts { retried: u64::from(retried), ..NodeCounts::default() };
    counts.failed[class.index()] = 1;
    counts
}

/// An attempt was handed back unfinished; its task is ready again.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AttemptHandedBack {
    /// The task.
    #[prost(message, required, tag = "1")]
    pub task: TaskRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// A last checkpoint.
    #[prost(message, optional, tag = "3")]
    pub progress: Option<ProgressRecord>,
}

impl AttemptHandedBack {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        const NAME: &str = "AttemptHandedBack";
        let id = self.task.id();
        state.leave_live(id);
        let job = state.job_mut(NAME, id.job)?;
        if let Some(progress) = self.progress {
            commit(NAME, job, id, progress, false)?;
        }
        let stage = state.stage_mut(NAME, id.job, id.stage)?;
        stage.set_phase(NAME, id.shard, TaskPhase::Ready)?.at = Millis(self.at);
        state.requeue_after(id.job, id.stage);
        Ok(())
    }
}
