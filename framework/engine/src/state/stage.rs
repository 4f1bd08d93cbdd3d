//! One stage of a job in memory: its tasks and who reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use super::{EvolveError, Task};
use crate::{
    id::{ShardIx, StageIx},
    plan::{Plan, ShardSource, Source},
    queue::QueueKey,
    report::Shard,
    transition::{TASK_PHASES, TaskPhase},
};

/// What the shards of a stage left for one output, in (shard, order of report).
pub(crate) type Gathered = Arc<Vec<(ShardIx, Arc<[u8]>)>>;

/// One stage of a job.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// Whether its shards are known.
    pub(crate) opened: bool,
    pub(crate) tasks: Vec<Task>,
    /// For a splitter: the shards it found.
    pub(crate) found: Vec<Arc<Shard>>,
    /// Tasks by phase, in the order of [`TASK_PHASES`].
    pub(crate) by_phase: [u32; 7],
    /// Derived: the ready tasks.
    pub(crate) ready: BTreeSet<ShardIx>,
    /// Derived: where it stands in the queue.
    pub(crate) queued: Option<QueueKey>,
    /// Derived: stages that read this one through the spool, `(stage, place among its inputs)`.
    pub(crate) readers: Vec<(StageIx, usize)>,
    /// Derived: stages whose shards come from this one.
    pub(crate) shaped: Vec<StageIx>,
    /// Derived: whether a publisher reads it.
    pub(crate) published: bool,
    /// Derived: what it left for each output, gathered once all of it has ended.
    pub(crate) gathered: BTreeMap<u32, OnceLock<Gathered>>,
}

impl Stage {
    /// The stages of a plan, before any task exists.
    pub(crate) fn of_plan(plan: &Plan) -> Vec<Self> {
        let mut stages: Vec<Self> = plan.stages.iter().map(|_| Self::default()).collect();
        for (ix, stage) in plan.stages.iter().enumerate() {
            let ix = ix as StageIx;
            match &stage.source {
                Source::Spool(inputs) => {
                    for (place, input) in inputs.iter().enumerate() {
                        stages[input.stage as usize].readers.push((ix, place));
                    }
                }
                Source::Parts(from, _) => stages[*from as usize].published = true,
                Source::Nothing | Source::Shard => {}
            }
            if let ShardSource::Split(from) | ShardSource::Same(from) = stage.shards {
                stages[from as usize].shaped.push(ix);
            }
            stages[ix as usize].gathered =
                (0..stage.outputs.len()).map(|output| (output as u32, OnceLock::new())).collect();
        }
        stages
    }

    pub(crate) fn count(&self, phase: TaskPhase) -> u32 {
        self.by_phase[phase.index()]
    }

    /// Attempts that run.
    pub(crate) fn live(&self) -> u32 {
        self.count(TaskPhase::Leased)
    }

    /// Whether its shards are known and every one of them has ended.
    pub(crate) fn ended(&self) -> bool {
        let ended: u32 = TASK_PHASES.iter().filter(|p| p.is_terminal()).map(|p| self.count(*p)).sum();
        self.opened && ended as usize == self.tasks.len()
    }

    /// Whether every one of its shards has succeeded.
    pub(crate) fn ended_well(&self) -> bool {
        self.opened && self.count(TaskPhase::Succeeded) as usize == self.tasks.len()
    }

    /// Moves a task by the table, and the counts and the ready set with it.
    pub(crate) fn set_phase(
        &mut self,
        effect: &'static str,
        shard: ShardIx,
        next: TaskPhase,
    ) -> Result<&mut Task, EvolveError> {
        let Some(task) = self.tasks.get_mut(shard as usize) else {
            return Err(EvolveError { effect, what: format!("there is no shard {shard}") });
        };
        let old = task.phase;
        if !old.may_become(next) {
            return Err(EvolveError {
                effect,
                what: format!("shard {shard} is {old} and cannot become {next}"),
            });
        }
        task.phase = next;
        self.by_phase[old.index()] -= 1;
        self.by_phase[next.index()] += 1;
        if old == TaskPhase::Ready {
            self.ready.remove(&shard);
        }
        if next == TaskPhase::Ready {
            self.ready.insert(shard);
        }
        Ok(task)
    }

    /// Forgets gathered artifacts, because tasks run again.
    pub(crate) fn forget_gathered(&mut self) {
        for cell in self.gathered.values_mut() {
            *cell = OnceLock::new();
        }
    }
}
