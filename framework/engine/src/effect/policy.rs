//! The effect of a change of policy.

use std::time::Duration;

use super::JobRef;
use crate::{
    plan::{Retry, Skip},
    policy::PolicyChange,
    state::{EvolveError, State},
    time::whole_ms,
    timer::Timer,
};

/// A policy of a job changed. Which one is said by `field`; fields that belong to others are empty.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct PolicySet {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// 1 job concurrency, 2 priority, 3 concurrency, 4 retry, 5 skip, 6 time-out, 7 checkpoint, 8 cost.
    #[prost(uint32, tag = "2")]
    pub field: u32,
    /// The node, for 3 to 8.
    #[prost(uint32, tag = "3")]
    pub node: u32,
    /// A limit, a cost, or how many retries; absent lifts it.
    #[prost(uint64, optional, tag = "4")]
    pub number: Option<u64>,
    /// The priority.
    #[prost(sint32, tag = "5")]
    pub priority: i32,
    /// A time-out or a time between checkpoints, or the shortest back-off, in nanoseconds.
    #[prost(uint64, optional, tag = "6")]
    pub nanos: Option<u64>,
    /// The longest back-off, in nanoseconds.
    #[prost(uint64, optional, tag = "7")]
    pub nanos_max: Option<u64>,
}

/// A change of policy as it is logged.
pub(crate) fn policy_record(job: JobRef, change: &PolicyChange) -> PolicySet {
    let nanos = |d: Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
    let mut record = PolicySet { job, node: change.node().unwrap_or(0), ..PolicySet::default() };
    match *change {
        PolicyChange::JobConcurrency(limit) => (record.field, record.number) = (1, limit.map(u64::from)),
        PolicyChange::Priority(priority) => (record.field, record.priority) = (2, priority),
        PolicyChange::Concurrency { limit, .. } => (record.field, record.number) = (3, limit.map(u64::from)),
        PolicyChange::Retry { retry, .. } => {
            record.field = 4;
            record.number = retry.map(|r| u64::from(r.max));
            record.nanos = retry.map(|r| nanos(r.backoff_min));
            record.nanos_max = retry.map(|r| nanos(r.backoff_max));
        }
        PolicyChange::Skip { skip, .. } => (record.field, record.number) = (5, skip.map(|s| s.limit)),
        PolicyChange::Timeout { timeout, .. } => (record.field, record.nanos) = (6, timeout.map(nanos)),
        PolicyChange::Checkpoint { every, .. } => (record.field, record.nanos) = (7, every.map(nanos)),
        PolicyChange::Cost { cost, .. } => (record.field, record.number) = (8, cost.map(u64::from)),
    }
    record
}

impl PolicySet {
    /// The change it records.
    fn change(&self) -> Option<PolicyChange> {
        let node = self.node;
        let small = || self.number.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let span = |nanos: Option<u64>| nanos.map(Duration::from_nanos);
        Some(match self.field {
            1 => PolicyChange::JobConcurrency(small()),
            2 => PolicyChange::Priority(self.priority),
            3 => PolicyChange::Concurrency { node, limit: small() },
            4 => {
                let parts = small().zip(span(self.nanos)).zip(span(self.nanos_max));
                let retry =
                    parts.map(|((max, backoff_min), backoff_max)| Retry { max, backoff_min, backoff_max });
                PolicyChange::Retry { node, retry }
            }
            5 => PolicyChange::Skip { node, skip: self.number.map(|limit| Skip { limit }) },
            6 => PolicyChange::Timeout { node, timeout: span(self.nanos) },
            7 => PolicyChange::Checkpoint { node, every: span(self.nanos) },
            8 => PolicyChange::Cost { node, cost: small() },
            _ => return None,
        })
    }

    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let Some(change) = self.change() else {
            let what = format!("policy {} is not known", self.field);
            return Err(EvolveError { effect: "PolicySet", what });
        };
        state.job_mut("PolicySet", id)?.set_policy(&change);
        match change {
            PolicyChange::Timeout { .. } => state.retime(id),
            PolicyChange::Cost { .. } => state.recost(id),
            _ => {}
        }
        state.requeue_all(id);
        Ok(())
    }
}

impl State {
    /// Counts a job's live attempts at what its policies now say they cost.
    fn recost(&mut self, id: crate::JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        for (task, ..) in self.live_of(id) {
            let Some(live) = self.live.get_mut(&task) else { continue };
            let old = std::mem::replace(&mut live.cost, job.cost(task.stage));
            self.queue.add_cost(&job.tenant, live.cost);
            self.queue.take_cost(&job.tenant, old);
        }
    }

    /// Moves the time-outs of a job's live attempts to what its policies now say.
    fn retime(&mut self, id: crate::JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        for (task, fence, _) in self.live_of(id) {
            let timeout = job.plan.stages[task.stage as usize].policy.timeout;
            let since = job.stages[task.stage as usize].tasks[task.shard as usize].at;
            let Some(live) = self.live.get_mut(&task) else { continue };
            let next = timeout.map(|t| since.plus_ms(whole_ms(t)));
            if let Some(old) = std::mem::replace(&mut live.timeout_timer, next) {
                self.timers.unset(old, Timer::Timeout(task, fence));
            }
            if let Some(at) = next {
                self.timers.set(at, Timer::Timeout(task, fence));
            }
        }
    }
}
