//! A worker reports that an attempt failed.

use crate::{
    failure::{Class, Place},
    id::{Fence, TaskId},
    output::RequestId,
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
