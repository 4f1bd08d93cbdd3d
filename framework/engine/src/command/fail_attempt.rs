//! A worker reports that an attempt failed.

use crate::{
    decide::Decide,
    failing::Failing,
    failure::{Class, Place},
    id::{Fence, TaskId},
    output::{Answer, RequestId},
};

/// An attempt failed. Its class decides what follows; see [`Class`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailAttempt {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// The class.
    pub class: Class,
    /// The item that failed. Retries are counted per place.
    pub place: Option<Place>,
    /// The node that failed, by its place in the graph; `place.node` when that is given.
    pub node: Option<u32>,
    /// An error code, may be empty.
    pub code: String,
    /// What happened, for people.
    pub text: String,
    /// How long to wait, for `Throttled`, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl FailAttempt {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        if let Err(refusal) = cx.valid_task(self.task, self.fence).map(|_| ()) {
            return cx.reply(self.request, Err(refusal));
        }
        let failing = Failing {
            class: self.class,
            place: self.place,
            node: self.node,
            code: self.code,
            text: self.text,
            retry_after_ms: self.retry_after_ms,
        };
        cx.fail_attempt(self.task, failing);
        cx.reply(self.request, Ok(Answer::Accepted));
    }
}
