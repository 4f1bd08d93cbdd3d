//! A worker disconnects, or is known to be gone.

use crate::{id::WorkerId, output::RequestId};

/// A worker is gone. Attempts it still has are lost, or when it drained in order, handed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLeft {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// It left in order: what it still had does not count as lost.
    pub drained: bool,
}
