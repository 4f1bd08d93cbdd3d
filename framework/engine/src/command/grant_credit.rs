//! A worker says how many more tasks it takes.

use crate::{
    decide::Decide,
    id::WorkerId,
    limit::MAX_CREDIT,
    output::{Answer, Refusal, RequestId},
};

/// Adds to a worker's credit: it takes `credit` more tasks than it was handed. Never logged; a worker that joins
/// starts without. A grant of 0 takes all credit back: a worker that drains says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantCredit {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// How many more.
    pub credit: u32,
}

impl GrantCredit {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        if !cx.workers.has(self.worker) {
            return cx.reply(self.request, Err(Refusal::UnknownWorker(self.worker)));
        }
        let more = self.credit;
        cx.workers.set_credit(self.worker, |now| {
            if more == 0 { 0 } else { now.saturating_add(more).min(MAX_CREDIT) }
        });
        cx.reply(self.request, Ok(Answer::Done));
    }
}
