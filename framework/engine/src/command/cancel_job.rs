//! A client cancels a job.

use crate::{
    decide::Decide,
    effect::JobCancelling,
    id::JobId,
    output::{Answer, CancelReason, RequestId},
    transition::JobPhase,
};

/// Cancels a job: it ends once no attempt of it is live. An attempt that does not end within
/// [`Settings::cancel_grace_ms`](crate::Settings) is fenced off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
}

impl CancelJob {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let done = |phase| matches!(phase, JobPhase::Cancelling | JobPhase::Cancelled);
        let may = |phase: JobPhase| done(phase) || phase.may_become(JobPhase::Cancelling);
        let phase = match cx.expect_phase(self.job, "cancelled", may) {
            Ok(job) => job.phase,
            Err(refusal) => return cx.reply(self.request, Err(refusal)),
        };
        if !done(phase) {
            cx.emit(JobCancelling { job: self.job.into() });
            cx.job_changed(self.job);
            cx.cancel_live(self.job, CancelReason::Cancel);
            cx.attempt_ended(self.job);
        }
        cx.reply(self.request, Ok(Answer::Done));
    }
}
