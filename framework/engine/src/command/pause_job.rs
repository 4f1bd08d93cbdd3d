//! A client, or a full disk, pauses a job.

use crate::{
    decide::Decide,
    effect::JobPaused,
    failing::truncate,
    id::JobId,
    limit::MAX_NOTE_BYTES,
    output::{Answer, CancelReason, RequestId},
    transition::JobPhase,
};

/// Pauses a job: nothing more is handed out, and running attempts are asked to hand back at their next checkpoint.
/// Pausing a paused job changes its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// Why, as status shows it; empty when a person asked.
    pub reason: String,
}

impl PauseJob {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let may = |phase: JobPhase| phase == JobPhase::Paused || phase.may_become(JobPhase::Paused);
        if let Err(refusal) = cx.expect_phase(self.job, "paused", may) {
            return cx.reply(self.request, Err(refusal));
        }
        let reason = truncate(self.reason, MAX_NOTE_BYTES);
        let same = cx.state.jobs.get(&self.job).is_some_and(|j| j.pause_reason.as_ref() == Some(&reason));
        if !same {
            cx.emit(JobPaused { job: self.job.into(), reason });
            cx.job_changed(self.job);
        }
        cx.cancel_live(self.job, CancelReason::Pause);
        cx.reply(self.request, Ok(Answer::Done));
    }
}
