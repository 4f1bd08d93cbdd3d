//! A worker connects, or connects again.

use crate::{
    id::{Fence, TaskId, WorkerId},
    output::RequestId,
};

/// A worker connected. It has no credit until it grants some.
///
/// When it connects again, `running` reconciles: what it no longer runs is lost, and what it runs without right is
/// cancelled as fenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerJoined {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// The service group it belongs to.
    pub group: String,
    /// How many attempts it can run at once, for people.
    pub slots: u32,
    /// The attempts it runs.
    pub running: Vec<(TaskId, Fence)>,
}
