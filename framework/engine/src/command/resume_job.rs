//! A client resumes a paused job.

use crate::{
    decide::Decide,
    effect::JobResumed,
    id::JobId,
    output::{Answer, CancelReason, RequestId},
    transition::JobPhase,
};

/// Resumes a paused job. Resuming a running job is done already; a failed one wants
/// [`RetryJob`](crate::RetryJob).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
}

impl ResumeJob {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let may = |phase: JobPhase| matches!(phase, JobPhase::Paused | JobPhase::Pending | JobPhase::Running);
        let paused = match cx.expect_phase(self.job, "resumed", may) {
            Ok(job) => job.phase == JobPhase::Paused,
            Err(refusal) => return cx.reply(self.request, Err(refusal)),
        };
        if paused {
            cx.emit(JobResumed { job: self.job.into() });
            cx.job_changed(self.job);
            for (task, _, _) in cx.state.live_of(self.job) {
                if let Some(live) =
                    cx.state.live.get_mut(&task).filter(|l| l.cancel == Some(CancelReason::Pause))
                {
                    live.cancel = None;
                }
            }
        }
        cx.reply(self.request, Ok(Answer::Done));
    }
}
