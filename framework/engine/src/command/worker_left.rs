//! A worker disconnects, or is known to be gone.

use crate::{
    decide::Decide,
    failing::Failing,
    failure::Class,
    id::WorkerId,
    output::{Answer, Refusal, RequestId},
};

/// A worker is gone. Attempts it still has are lost, or when it drained in order, handed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLeft {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// It left in order: what it still had does not count as lost.
    pub drained: bool,
}

impl WorkerLeft {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let known = cx.workers.leave(self.worker);
        for (task, _) in cx.state.live_on(self.worker) {
            if self.drained {
                cx.hand_back(task, None);
            } else {
                cx.fail_attempt(task, Failing::of(Class::Lost, "its worker was lost"));
            }
        }
        let answer = if known { Ok(Answer::Done) } else { Err(Refusal::UnknownWorker(self.worker)) };
        cx.reply(self.request, answer);
    }
}
