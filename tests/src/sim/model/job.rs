//! Jobs and tasks as the model knows them.

use std::collections::BTreeMap;

use dyeline_engine::{
    JobPhase, NodeCounts, Place, TASK_PHASES, TaskPhase,
    invariant::{FORWARD, ONE_END},
    plan::{Plan, Source},
};

use super::{Broken, broken};
use crate::sim::Coverage;

/// A task as the model knows it.
#[derive(Clone, Debug)]
pub(crate) struct MTask {
    pub(crate) phase: TaskPhase,
    pub(crate) seq: u64,
    pub(crate) row: u64,
    pub(crate) artifacts: Vec<(u32, Vec<u8>)>,
    pub(crate) counts: BTreeMap<u32, NodeCounts>,
    pub(crate) fail_place: Option<Place>,
    pub(crate) fail_count: u32,
    pub(crate) exhausted: Vec<Place>,
}

impl Default for MTask {
    fn default() -> Self {
        Self {
            phase: TaskPhase::Waiting,
            seq: 0,
            row: 0,
            artifacts: Vec::new(),
            counts: BTreeMap::new(),
            fail_place: None,
            fail_count: 0,
            exhausted: Vec::new(),
        }
    }
}

impl MTask {
    pub(crate) fn go(&mut self, next: TaskPhase, coverage: &mut Coverage) -> Result<(), Broken> {
        if !self.phase.may_become(next) {
            return broken(ONE_END, format!("a task went from {} to {next}", self.phase));
        }
        coverage.hit(format!("task {} -> {next}", self.phase));
        self.phase = next;
        Ok(())
    }

    /// A checkpoint, or the end, with a number.
    pub(crate) fn advance(&mut self, seq: u64, row: u64) -> Result<(), Broken> {
        if seq != self.seq + 1 {
            return broken(FORWARD, format!("checkpoint {seq} follows checkpoint {}", self.seq));
        }
        self.seq = seq;
        self.row = row;
        self.fail_place = None;
        self.fail_count = 0;
        self.exhausted.retain(|p| p.row >= row);
        Ok(())
    }
}

/// A job as the model knows it.
#[derive(Clone, Debug)]
pub(crate) struct MJob {
    pub(crate) plan: Plan,
    pub(crate) phase: JobPhase,
    pub(crate) started: bool,
    pub(crate) held: bool,
    pub(crate) dedup: Option<String>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) stages: Vec<Option<Vec<MTask>>>,
    /// Shards found by a splitter, per stage.
    pub(crate) found: BTreeMap<u32, u32>,
    pub(crate) params_version: u32,
    pub(crate) run: u32,
}

impl MJob {
    pub(crate) fn go(&mut self, next: JobPhase, coverage: &mut Coverage) -> Result<(), Broken> {
        if !self.phase.may_become(next) {
            return broken(ONE_END, format!("a job went from {} to {next}", self.phase));
        }
        coverage.hit(format!("job {} -> {next}", self.phase));
        self.phase = next;
        Ok(())
    }

    pub(crate) fn task(&mut self, stage: u32, shard: u32) -> Result<&mut MTask, Broken> {
        let tasks = self.stages.get_mut(stage as usize).and_then(Option::as_mut);
        match tasks.and_then(|t| t.get_mut(shard as usize)) {
            Some(task) => Ok(task),
            None => broken(ONE_END, format!("an effect is about task {stage}/{shard}, which is not there")),
        }
    }

    pub(crate) fn live(&self) -> usize {
        self.stages.iter().flatten().flatten().filter(|t| t.phase == TaskPhase::Leased).count()
    }

    /// Tasks that neither run nor have ended.
    pub(crate) fn waiting(&self) -> usize {
        let idle = |t: &&MTask| !t.phase.is_terminal() && t.phase != TaskPhase::Leased;
        self.stages.iter().flatten().flatten().filter(idle).count()
    }

    pub(crate) fn any(&self, phase: TaskPhase) -> bool {
        self.stages.iter().flatten().flatten().any(|t| t.phase == phase)
    }

    pub(crate) fn live_in(&self, stage: u32) -> usize {
        let tasks = self.stages[stage as usize].iter().flatten();
        tasks.filter(|t| t.phase == TaskPhase::Leased).count()
    }

    /// Whether all shards of a stage are known and have ended.
    pub(crate) fn ended(&self, stage: u32) -> bool {
        let Some(tasks) = &self.stages[stage as usize] else { return false };
        tasks.iter().all(|t| t.phase.is_terminal())
    }

    /// The shares of failed shards that readers of a stage accept are large enough.
    pub(crate) fn accepts_failures(&self, stage: u32) -> bool {
        let Some(tasks) = &self.stages[stage as usize] else { return true };
        let failed = tasks.iter().filter(|t| t.phase == TaskPhase::Failed).count() as u64;
        if failed == 0 {
            return true;
        }
        let mut readers = 0;
        for reader in &self.plan.stages {
            match &reader.source {
                Source::Parts(from, _) if *from == stage => return false,
                Source::Spool(inputs) => {
                    for input in inputs.iter().filter(|i| i.stage == stage) {
                        readers += 1;
                        let ppm = input.barrier.map_or(0, |b| u64::from(b.tolerate_ppm));
                        if !input.all || failed * 1_000_000 > ppm * tasks.len() as u64 {
                            return false;
                        }
                    }
                }
                _ => {}
            }
        }
        readers > 0
    }

    /// Whether everything a task reads is there.
    pub(crate) fn may_run(&self, stage: u32, shard: u32) -> bool {
        match &self.plan.stages[stage as usize].source {
            Source::Nothing => true,
            Source::Shard => self.stages[stage as usize].is_some(),
            Source::Parts(..) => (0..self.plan.stages.len() as u32).all(|s| {
                let publishes = matches!(self.plan.stages[s as usize].source, Source::Parts(..));
                publishes || (self.ended(s) && self.accepts_failures(s))
            }),
            Source::Spool(inputs) => inputs.iter().all(|input| {
                if input.all {
                    return self.ended(input.stage) && self.accepts_failures(input.stage);
                }
                let tasks = self.stages[input.stage as usize].as_ref();
                tasks.and_then(|t| t.get(shard as usize)).is_some_and(|t| t.phase == TaskPhase::Succeeded)
            }),
        }
    }

    /// Sums of the tasks' counts, per node.
    pub(crate) fn totals(&self) -> BTreeMap<u32, NodeCounts> {
        let mut totals: BTreeMap<u32, NodeCounts> = BTreeMap::new();
        for task in self.stages.iter().flatten().flatten() {
            for (node, counts) in &task.counts {
                totals.entry(*node).or_default().add(counts);
            }
        }
        totals.retain(|_, counts| *counts != NodeCounts::default());
        totals
    }

    /// Tasks by phase, to say where a job stands.
    pub(crate) fn describe(&self) -> String {
        let stages = self.stages.iter().map(|stage| match stage {
            None => "not open".to_owned(),
            Some(tasks) => {
                let count = |p| tasks.iter().filter(|t| t.phase == p).count();
                let phases = TASK_PHASES.iter().map(|p| (p, count(*p))).filter(|(_, n)| *n > 0);
                phases.map(|(p, n)| format!("{n} {p}")).collect::<Vec<_>>().join(", ")
            }
        });
        format!("{} [{}]", self.phase, stages.collect::<Vec<_>>().join(" | "))
    }
}
