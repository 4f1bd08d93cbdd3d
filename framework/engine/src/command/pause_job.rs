//! A client, or a full disk, pauses a job.

use crate::{id::JobId, output::RequestId};

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
