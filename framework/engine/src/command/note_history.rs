//! The shell writes a line into a job's history.

use crate::{
    decide::Decide,
    effect::HistoryNoted,
    failing::truncate,
    id::JobId,
    limit::MAX_NOTE_BYTES,
    output::{Answer, RequestId},
};

/// Adds a line to a job's history, such as what was adopted with a changed chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteHistory {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// What happened.
    pub text: String,
}

impl NoteHistory {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        if let Err(refusal) = cx.job(self.job).map(|_| ()) {
            return cx.reply(self.request, Err(refusal));
        }
        let text = truncate(self.text, MAX_NOTE_BYTES);
        cx.emit(HistoryNoted { job: self.job.into(), at: cx.now.0, text, build: None });
        cx.reply(self.request, Ok(Answer::Done));
    }
}
