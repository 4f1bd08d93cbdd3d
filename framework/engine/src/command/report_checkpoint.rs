//! A worker reports a checkpoint.

use crate::{
    id::{Fence, TaskId},
    output::RequestId,
    report::Progress,
};

/// A checkpoint of a running attempt. The same number reported again is accepted and changes nothing. Renews the
/// lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCheckpoint {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// What was done since the last one.
    pub progress: Progress,
}
