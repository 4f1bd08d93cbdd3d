//! A worker connects, or connects again.

use std::collections::BTreeSet;

use crate::{
    decide::Decide,
    failing::Failing,
    failure::Class,
    id::{Fence, TaskId, WorkerId},
    job::Build,
    limit::{MAX_NAME_BYTES, MAX_WORKERS},
    output::{Answer, CancelReason, Output, Refusal, RequestId},
};

/// A worker connected. It has no credit until it grants some.
///
/// When it connects again, `running` reconciles: what it no longer runs is lost, and what it runs without right is
/// cancelled as fenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerJoined {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// The service group it belongs to.
    pub group: String,
    /// How many attempts it can run at once, for people.
    pub slots: u32,
    /// The build of its program, if that is known: a job that goes on with another one has it in its history.
    pub build: Option<Build>,
    /// The attempts it runs.
    pub running: Vec<(TaskId, Fence)>,
}

impl WorkerJoined {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        if let Err(refusal) = self.check(cx) {
            return cx.reply(self.request, Err(refusal));
        }
        cx.workers.join(self.worker, &self.group, self.build);
        let running: BTreeSet<_> = self.running.iter().collect();
        for (task, fence) in cx.state.live_on(self.worker) {
            if !running.contains(&(task, fence)) {
                cx.fail_attempt(task, Failing::of(Class::Lost, "its worker connected again without it"));
            }
        }
        cx.reconcile(self.worker, &self.running);
        cx.reply(self.request, Ok(Answer::Done));
    }

    fn check(&self, cx: &Decide<'_>) -> Result<(), Refusal> {
        let (got, limit) = (self.group.len() as u64, MAX_NAME_BYTES as u64);
        if got > limit {
            return Err(Refusal::TooLarge { what: "the group's name", got, limit });
        }
        if cx.workers.len() >= MAX_WORKERS && !cx.workers.has(self.worker) {
            let limit = MAX_WORKERS as u64;
            return Err(Refusal::TooLarge { what: "the number of workers", got: limit + 1, limit });
        }
        Ok(())
    }
}

impl Decide<'_> {
    /// Renews what a worker runs by right, repeats what it was asked, and cancels the rest.
    pub(crate) fn reconcile(&mut self, worker: WorkerId, running: &[(TaskId, Fence)]) {
        for &(task, fence) in running {
            let why = match self.state.live_attempt(task, fence).filter(|l| l.worker == worker) {
                Some(live) => live.cancel,
                None => Some(CancelReason::Fenced),
            };
            if why != Some(CancelReason::Fenced) {
                self.renew(task, fence);
            }
            if let Some(why) = why {
                self.output(Output::CancelAttempt { worker, task, fence, why });
            }
        }
    }
}
