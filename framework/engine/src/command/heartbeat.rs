//! A worker renews its leases.

use crate::{
    decide::Decide,
    id::{Fence, TaskId, WorkerId},
    output::{Answer, Refusal, RequestId},
};

/// Renews the leases of attempts. Never logged. What it lists without right is cancelled as fenced, and what was
/// asked to end is asked again, so that a lost message does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// What it runs.
    pub running: Vec<(TaskId, Fence)>,
}

impl Heartbeat {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        cx.reconcile(self.worker, &self.running);
        let known = cx.workers.has(self.worker);
        cx.reply(
            self.request,
            if known { Ok(Answer::Done) } else { Err(Refusal::UnknownWorker(self.worker)) },
        );
    }
}
