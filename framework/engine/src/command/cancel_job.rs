//! A client cancels a job.

use crate::{id::JobId, output::RequestId};

/// Cancels a job: it ends once no attempt of it is live. An attempt that does not end within
/// [`Settings::cancel_grace_ms`](crate::Settings) is fenced off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
}
