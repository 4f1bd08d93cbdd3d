//! One job in memory.

use std::{collections::VecDeque, sync::Arc};

use super::{EvolveError, Stage};
use crate::{
    count::{NodeCounts, NodeDelta},
    failure::Failure,
    id::{JobId, StageIx},
    job::{Build, JobSpec, LiveParams, Note},
    limit::{AGEING_STEP_MS, DEFAULT_COST, MAX_FAILURES, MAX_NOTES},
    plan::{Plan, Source},
    queue::QueueKey,
    time::Millis,
    transition::JobPhase,
};

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) spec: Arc<JobSpec>,
    /// The plan with the policies now in force.
    pub(crate) plan: Arc<Plan>,
    pub(crate) phase: JobPhase,
    /// Waits for its due time.
    pub(crate) held: bool,
    pub(crate) pause_reason: Option<String>,
    pub(crate) fail_reason: Option<String>,
    pub(crate) priority: i32,
    pub(crate) concurrency: Option<u32>,
    pub(crate) params: LiveParams,
    pub(crate) created: Millis,
    pub(crate) started: Option<Millis>,
    pub(crate) ended: Option<Millis>,
    pub(crate) run: u32,
    pub(crate) stages: Vec<Stage>,
    /// Counts per node of the graph, over all tasks.
    pub(crate) totals: Vec<NodeCounts>,
    pub(crate) failures: VecDeque<Failure>,
    pub(crate) notes: VecDeque<Note>,
    /// What ran it last.
    pub(crate) build: Option<Build>,
    /// Derived: attempts that run.
    pub(crate) live: u32,
    /// Derived: the tenant, shared with the queue.
    pub(crate) tenant: Arc<str>,
}

impl Job {
    pub(crate) fn new(id: JobId, spec: Arc<JobSpec>, created: Millis) -> Self {
        let nodes =
            spec.plan.stages.iter().flat_map(|s| &s.nodes).map(|n| n.node as usize + 1).max().unwrap_or(0);
        Self {
            id,
            plan: Arc::new(spec.plan.clone()),
            phase: JobPhase::Pending,
            held: spec.due.is_some_and(|due| due > created),
            pause_reason: None,
            fail_reason: None,
            priority: spec.priority,
            concurrency: spec.concurrency,
            params: LiveParams { version: 1, bytes: spec.live_params.clone() },
            created,
            started: None,
            ended: None,
            run: 1,
            stages: Stage::of_plan(&spec.plan),
            totals: vec![NodeCounts::default(); nodes],
            failures: VecDeque::new(),
            notes: VecDeque::new(),
            build: None,
            live: 0,
            tenant: spec.tenant.as_str().into(),
            spec,
        }
    }

    pub(crate) fn set_phase(&mut self, effect: &'static str, next: JobPhase) -> Result<(), EvolveError> {
        if !self.phase.may_become(next) {
            let what = format!("job {} is {} and cannot become {next}", self.id, self.phase);
            return Err(EvolveError { effect, what });
        }
        self.phase = next;
        Ok(())
    }

    /// Where a stage stands in the queue, if anything of it can be handed out now.
    pub(crate) fn queue_key(&self, stage: StageIx) -> Option<QueueKey> {
        let s = self.stages.get(stage as usize)?;
        let policy = &self.plan.stages[stage as usize].policy;
        let free = |limit: Option<u32>, live: u32| limit.is_none_or(|limit| live < limit);
        let open = self.phase.hands_out()
            && !self.held
            && !s.ready.is_empty()
            && free(policy.concurrency, s.live())
            && free(self.concurrency, self.live);
        let due = self.spec.due.map_or(self.created, |due| due.max(self.created));
        // A step of priority is worth a step of waiting, so the order of two stages does not depend on the time at
        // which they are compared, and whoever waits long enough is before all that come later.
        let band = (due.0 / AGEING_STEP_MS) as i64
            - i64::from(self.priority).saturating_add(i64::from(policy.priority.unwrap_or(0)));
        open.then(|| QueueKey { band, tenant: self.tenant.clone(), due, job: self.id, stage })
    }

    /// What an attempt of a stage costs, in thousandths of a slot.
    pub(crate) fn cost(&self, stage: StageIx) -> u32 {
        self.plan.stages[stage as usize].policy.cost.unwrap_or(DEFAULT_COST)
    }

    /// Whether a stage publishes what others wrote, and so runs after everything else.
    pub(crate) fn publishes(&self, stage: StageIx) -> bool {
        matches!(self.plan.stages[stage as usize].source, Source::Parts(..))
    }

    pub(crate) fn add_counts(&mut self, deltas: &[NodeDelta]) {
        for delta in deltas {
            if let Some(total) = self.totals.get_mut(delta.node as usize) {
                total.add(&delta.counts);
            }
        }
    }

    pub(crate) fn remember(&mut self, failure: Failure) {
        if self.failures.len() == MAX_FAILURES {
            self.failures.pop_front();
        }
        self.failures.push_back(failure);
    }

    pub(crate) fn note(&mut self, note: Note) {
        if self.notes.len() == MAX_NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(note);
    }

    /// When it leaves memory, once it has ended.
    pub(crate) fn retained_until(&self) -> Option<Millis> {
        Some(self.ended?.plus_ms(self.spec.retain_ms.unwrap_or(crate::limit::DEFAULT_RETAIN_MS)))
    }
}
