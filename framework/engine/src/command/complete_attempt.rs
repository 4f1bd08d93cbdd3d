//! A worker reports a task done.

use crate::{
    id::{Fence, TaskId},
    output::RequestId,
    report::{Progress, Shard},
};

/// An attempt is done. Reported again with the same fence, it is accepted and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteAttempt {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// What was done since the last checkpoint; its number follows like that of a checkpoint.
    pub progress: Progress,
    /// What a splitter found; empty for every other role. Logged, and never asked for again.
    pub shards: Vec<Shard>,
    /// Bytes for the shell, such as the manifest that a publisher wrote. May be empty.
    pub result: Vec<u8>,
}
