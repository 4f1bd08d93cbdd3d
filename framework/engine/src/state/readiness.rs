//! Questions about a job's dependencies: what may run, what may fail.

use super::Job;
use crate::{
    id::{ShardIx, StageIx},
    plan::{ShardSource, Source, SpoolInput},
    transition::TaskPhase,
};

/// How many failures of a stage are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// Every reader waits at a barrier that accepts at least this many in a million.
    Ppm(u32),
    /// A reader needs every shard, or there is none.
    Nothing,
}

impl Job {
    /// How many failures of a stage are accepted: the least of what its readers accept.
    pub(crate) fn tolerance(&self, stage: StageIx) -> Tolerance {
        let s = &self.stages[stage as usize];
        // Shards of a splitter that failed are not known; those behind a one-to-one barrier are.
        if s.published || self.splits(stage) || s.readers.is_empty() {
            return Tolerance::Nothing;
        }
        let accepted = s.readers.iter().map(|(reader, place)| match self.input(*reader, *place) {
            Some(SpoolInput { all: true, barrier: Some(barrier), .. }) => Some(barrier.tolerate_ppm),
            _ => None,
        });
        accepted
            .reduce(|a, b| Some(a?.min(b?)))
            .flatten()
            .map_or(Tolerance::Nothing, |ppm| if ppm == 0 { Tolerance::Nothing } else { Tolerance::Ppm(ppm) })
    }

    /// Whether the failures a stage has so far are accepted.
    pub(crate) fn tolerates(&self, stage: StageIx) -> bool {
        let s = &self.stages[stage as usize];
        let failed = u64::from(s.count(TaskPhase::Failed));
        match self.tolerance(stage) {
            Tolerance::Nothing => failed == 0,
            Tolerance::Ppm(ppm) => failed * 1_000_000 <= u64::from(ppm) * s.tasks.len() as u64,
        }
    }

    fn input(&self, stage: StageIx, place: usize) -> Option<&SpoolInput> {
        match &self.plan.stages[stage as usize].source {
            Source::Spool(inputs) => inputs.get(place),
            _ => None,
        }
    }

    /// Whether a stage has inputs that come shard by shard.
    pub(crate) fn pipelined(&self, stage: StageIx) -> bool {
        matches!(&self.plan.stages[stage as usize].source, Source::Spool(inputs) if inputs.iter().any(|i| !i.all))
    }

    /// Whether everything a stage needs as a whole is there.
    pub(crate) fn stage_ready(&self, stage: StageIx) -> bool {
        if !self.stages[stage as usize].opened {
            return false;
        }
        match &self.plan.stages[stage as usize].source {
            Source::Nothing | Source::Shard => true,
            Source::Parts(..) => self.work_ended(),
            Source::Spool(inputs) => inputs
                .iter()
                .filter(|i| i.all)
                .all(|i| self.stages[i.stage as usize].ended() && self.tolerates(i.stage)),
        }
    }

    /// Whether everything that comes shard by shard is there for a shard.
    pub(crate) fn shard_ready(&self, stage: StageIx, shard: ShardIx) -> bool {
        match &self.plan.stages[stage as usize].source {
            Source::Spool(inputs) => inputs.iter().filter(|i| !i.all).all(|i| {
                let task = self.stages[i.stage as usize].tasks.get(shard as usize);
                task.is_some_and(|t| t.phase == TaskPhase::Succeeded)
            }),
            _ => true,
        }
    }

    /// Whether all stages but the publishers have ended.
    pub(crate) fn work_ended(&self) -> bool {
        self.stages.iter().enumerate().all(|(ix, s)| self.publishes(ix as StageIx) || s.ended())
    }

    /// Whether all stages have ended.
    pub(crate) fn all_ended(&self) -> bool {
        self.stages.iter().all(super::Stage::ended)
    }

    /// How many shards a stage has, once that is known.
    pub(crate) fn shard_count(&self, stage: StageIx) -> Option<u32> {
        match self.plan.stages[stage as usize].shards {
            ShardSource::Fixed(n) => Some(n),
            ShardSource::Split(from) => {
                let s = &self.stages[from as usize];
                (s.ended() && s.count(TaskPhase::Succeeded) > 0).then_some(s.found.len() as u32)
            }
            ShardSource::Same(from) => {
                let s = &self.stages[from as usize];
                s.opened.then_some(s.tasks.len() as u32)
            }
        }
    }

    /// The splitter that found a stage's shards, directly or through the stages whose shards it shares.
    pub(crate) fn splitter(&self, stage: StageIx) -> Option<StageIx> {
        let mut at = stage;
        loop {
            match self.plan.stages[at as usize].shards {
                ShardSource::Fixed(_) => return None,
                ShardSource::Split(from) => return Some(from),
                ShardSource::Same(from) => at = from,
            }
        }
    }

    /// Whether a stage finds shards for others.
    pub(crate) fn splits(&self, stage: StageIx) -> bool {
        self.stages[stage as usize].shaped.iter().any(
            |s| matches!(self.plan.stages[*s as usize].shards, ShardSource::Split(from) if from == stage),
        )
    }

    /// The first node, by its place in the graph, whose given-up items are more than its limit: `(node, given up,
    /// limit)`.
    pub(crate) fn skip_limit_passed(&self) -> Option<(u32, u64, u64)> {
        self.plan.stages.iter().flat_map(|s| &s.nodes).find_map(|node| {
            let limit = node.policy.skip?.limit;
            let given_up = self.totals.get(node.node as usize)?.given_up();
            (given_up > limit).then_some((node.node, given_up, limit))
        })
    }
}
