//! Effects on a stage: its shards, and sets of its tasks.

use std::sync::Arc;

use super::JobRef;
use crate::{
    report::Shard,
    state::{EvolveError, Retries, State, Task},
    timer::Timer,
    transition::TaskPhase,
};

/// A splitter found shards: a part of the job's original shard plan.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ShardsFound {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// The splitter's stage.
    #[prost(uint32, tag = "2")]
    pub stage: u32,
    /// How many were found before these.
    #[prost(uint32, tag = "3")]
    pub first: u32,
    /// The shards, at most 1,000.
    #[prost(message, repeated, tag = "4")]
    pub shards: Vec<ShardRecord>,
}

/// One shard in the log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ShardRecord {
    /// Bytes that only the loader understands.
    #[prost(bytes = "vec", tag = "1")]
    pub bytes: Vec<u8>,
    /// A few words for people.
    #[prost(string, tag = "2")]
    pub label: String,
}

impl ShardsFound {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let stage = state.stage_mut("ShardsFound", self.job.id(), self.stage)?;
        if stage.found.len() != self.first as usize {
            let what = format!("shards from {} follow {}", self.first, stage.found.len());
            return Err(EvolveError { effect: "ShardsFound", what });
        }
        let shards = self.shards.into_iter();
        stage.found.extend(shards.map(|s| Arc::new(Shard { bytes: s.bytes.into(), label: s.label.into() })));
        Ok(())
    }
}

/// A stage's shards are known: its tasks exist, and wait.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StageOpened {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// The stage.
    #[prost(uint32, tag = "2")]
    pub stage: u32,
    /// How many shards it has.
    #[prost(uint32, tag = "3")]
    pub shards: u32,
}

impl StageOpened {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let stage = state.stage_mut("StageOpened", self.job.id(), self.stage)?;
        if stage.opened || self.shards > crate::limit::MAX_SHARDS {
            let what =
                format!("stage {} is open already, or {} shards are too many", self.stage, self.shards);
            return Err(EvolveError { effect: "StageOpened", what });
        }
        stage.opened = true;
        stage.tasks = vec![Task::default(); self.shards as usize];
        stage.by_phase[TaskPhase::Waiting.index()] = self.shards;
        Ok(())
    }
}

/// Everything a stage needs is there: all its waiting tasks are ready.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct StageReleased {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// The stage.
    #[prost(uint32, tag = "2")]
    pub stage: u32,
}

impl StageReleased {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let stage = state.stage_mut("StageReleased", id, self.stage)?;
        for shard in 0..stage.tasks.len() {
            if stage.tasks[shard].phase == TaskPhase::Waiting {
                stage.set_phase("StageReleased", shard as u32, TaskPhase::Ready)?;
            }
        }
        state.requeue_after(id, self.stage);
        Ok(())
    }
}

/// Tasks that had ended, or were about to run, start anew.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TasksReset {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// The stage.
    #[prost(uint32, tag = "2")]
    pub stage: u32,
    /// `RESET_AGAIN`: failed tasks are ready again, from their last checkpoint. `RESET_FRESH`: tasks wait, and
    /// have forgotten everything but how often they ran.
    #[prost(uint32, tag = "3")]
    pub how: u32,
    /// The shards.
    #[prost(uint32, repeated, tag = "4")]
    pub shards: Vec<u32>,
}

/// Failed tasks go on from their last checkpoint.
pub(crate) const RESET_AGAIN: u32 = 1;
/// Tasks start from their beginning.
pub(crate) const RESET_FRESH: u32 = 2;

impl TasksReset {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        const NAME: &str = "TasksReset";
        let id = self.job.id();
        if !matches!(self.how, RESET_AGAIN | RESET_FRESH) {
            return Err(EvolveError { effect: NAME, what: format!("reset {} is not known", self.how) });
        }
        for shard in self.shards {
            let stage = state.stage_mut(NAME, id, self.stage)?;
            let Some(task) = stage.tasks.get(shard as usize) else {
                return Err(EvolveError { effect: NAME, what: format!("there is no shard {shard}") });
            };
            if task.phase == TaskPhase::Backoff {
                let task_id = crate::TaskId { job: id, stage: self.stage, shard };
                let at = task.at;
                state.timers.unset(at, Timer::Backoff(task_id));
            }
            let job = state.job_mut(NAME, id)?;
            let stage = &mut job.stages[self.stage as usize];
            if self.how == RESET_AGAIN {
                let task = stage.set_phase(NAME, shard, TaskPhase::Ready)?;
                if let Some(extra) = &mut task.extra {
                    extra.retries = Retries::default();
                    extra.exhausted.clear();
                }
            } else {
                if stage.tasks[shard as usize].phase != TaskPhase::Waiting {
                    stage.set_phase(NAME, shard, TaskPhase::Waiting)?;
                }
                let task = &mut stage.tasks[shard as usize];
                task.extra = None;
                for node in std::mem::take(&mut task.counts).iter() {
                    if let Some(total) = job.totals.get_mut(node.node as usize) {
                        total.take(&node.counts);
                    }
                }
            }
        }
        state.stage_mut(NAME, id, self.stage)?.forget_gathered();
        state.requeue_after(id, self.stage);
        Ok(())
    }
}
