//! A worker hands an attempt back unfinished.

use crate::{
    id::{Fence, TaskId},
    output::RequestId,
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
