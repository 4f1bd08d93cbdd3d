//! A worker hands an attempt back unfinished.

use crate::{
    decide::Decide,
    effect::AttemptHandedBack,
    failing::Failing,
    failure::Class,
    id::{Fence, TaskId},
    output::{Answer, CancelReason, Refusal, RequestId},
    report::Progress,
};

/// An attempt is handed back: the worker drains, or the job pauses or is cancelled. Does not count as a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandBack {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// A last checkpoint.
    pub progress: Option<Progress>,
}

impl HandBack {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let (request, task, fence) = (self.request, self.task, self.fence);
        let result = self.back(cx);
        cx.reply_to_report(request, task, fence, result);
    }

    fn back(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let task = cx.valid_task(self.task, self.fence)?;
        let repeated = |p: &Progress| p.seq == task.seq() && p.seq > 0;
        let progress = self.progress.filter(|p| !repeated(p));
        if let Some(progress) = &progress {
            cx.check_progress(self.task, progress, false)?;
        }
        let timed_out = |l: &crate::state::Live| l.cancel == Some(CancelReason::TimedOut);
        if cx.state.live_attempt(self.task, self.fence).is_some_and(timed_out) {
            // It was asked to end because it ran past its limit: handing back must not make that endless.
            if let Some(progress) = progress {
                cx.commit_checkpoint(self.task, progress);
            }
            cx.fail_attempt(self.task, Failing::of(Class::TimedOut, "it ran past its limit"));
        } else {
            cx.hand_back(self.task, progress);
        }
        Ok(Answer::Accepted)
    }
}

impl Decide<'_> {
    /// Ends the live attempt of a task as handed back.
    pub(crate) fn hand_back(&mut self, task: TaskId, progress: Option<Progress>) {
        let gave_up = progress.as_ref().is_some_and(|p| super::report_checkpoint::gave_up(&p.counts));
        let progress = progress.map(Into::into);
        self.emit(AttemptHandedBack { task: task.into(), at: self.now.0, progress });
        if gave_up {
            self.check_skip_limit(task.job);
        }
        self.attempt_ended(task.job);
    }
}
