//! Attempts that run, and the deadlines that hang on them.

use super::State;
use crate::{
    id::{Fence, JobId, TaskId, WorkerId},
    output::CancelReason,
    plan::NodePolicy,
    time::{Millis, whole_ms},
    timer::Timer,
};

/// One attempt that runs. Deadlines and what it was asked are volatile: after a restore leases start anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) fence: Fence,
    pub(crate) worker: WorkerId,
    /// Renewed by heartbeats.
    pub(crate) lease_until: Millis,
    /// When the lease is looked at: at or before `lease_until`, so that a heartbeat need not move a timer.
    pub(crate) lease_timer: Millis,
    pub(crate) timeout_timer: Option<Millis>,
    pub(crate) grace_timer: Option<Millis>,
    /// What it was asked.
    pub(crate) cancel: Option<CancelReason>,
    /// What it costs while it runs.
    pub(crate) cost: u32,
}

/// When an attempt leased at `at` times out.
pub(crate) fn timeout_at(policy: &NodePolicy, at: Millis) -> Option<Millis> {
    policy.timeout.map(|timeout| at.plus_ms(whole_ms(timeout)))
}

impl State {
    /// Enters an attempt that was leased at `at`.
    pub(crate) fn enter_live(&mut self, id: TaskId, fence: Fence, worker: WorkerId, at: Millis) {
        let Some(job) = self.jobs.get_mut(&id.job) else { return };
        job.live += 1;
        let cost = job.cost(id.stage);
        let timeout_timer = timeout_at(&job.plan.stages[id.stage as usize].policy, at);
        self.queue.add_cost(&job.tenant, cost);
        let lease = at.plus_ms(self.lease_ms);
        self.timers.set(lease, Timer::Lease(id, fence));
        if let Some(timeout) = timeout_timer {
            self.timers.set(timeout, Timer::Timeout(id, fence));
        }
        let live = Live {
            fence,
            worker,
            lease_until: lease,
            lease_timer: lease,
            timeout_timer,
            grace_timer: None,
            cancel: None,
            cost,
        };
        self.live.insert(id, live);
    }

    /// Removes an attempt and its timers.
    pub(crate) fn leave_live(&mut self, id: TaskId) {
        let Some(live) = self.live.remove(&id) else { return };
        self.timers.unset(live.lease_timer, Timer::Lease(id, live.fence));
        if let Some(at) = live.timeout_timer {
            self.timers.unset(at, Timer::Timeout(id, live.fence));
        }
        if let Some(at) = live.grace_timer {
            self.timers.unset(at, Timer::Grace(id, live.fence));
        }
        if let Some(job) = self.jobs.get_mut(&id.job) {
            job.live -= 1;
            self.queue.take_cost(&job.tenant, live.cost);
        }
    }

    /// The live attempts of a job.
    pub(crate) fn live_of(&self, job: JobId) -> Vec<(TaskId, Fence, WorkerId)> {
        let (from, to) =
            (TaskId { job, stage: 0, shard: 0 }, TaskId { job, stage: u32::MAX, shard: u32::MAX });
        self.live.range(from..=to).map(|(id, live)| (*id, live.fence, live.worker)).collect()
    }

    /// The live attempts of a worker.
    pub(crate) fn live_on(&self, worker: WorkerId) -> Vec<(TaskId, Fence)> {
        self.live
            .iter()
            .filter(|(_, live)| live.worker == worker)
            .map(|(id, live)| (*id, live.fence))
            .collect()
    }

    /// The attempt, if it is the valid one.
    pub(crate) fn live_attempt(&self, id: TaskId, fence: Fence) -> Option<&Live> {
        self.live.get(&id).filter(|live| live.fence == fence)
    }
}
