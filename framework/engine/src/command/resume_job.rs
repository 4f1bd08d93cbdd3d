//! A client resumes a paused job.

use crate::{id::JobId, output::RequestId};

/// Resumes a paused job. Resuming a running job is done already; a failed one wants
/// [`RetryJob`](crate::RetryJob).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
}
