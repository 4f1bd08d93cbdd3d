//! A client submits a job.

use crate::{id::JobId, job::JobSpec, output::RequestId};

/// Submits a job. Answered by [`Submitted`](crate::Answer::Submitted), once it is durable.
///
/// With a dedup id that an unfinished or succeeded job has, nothing is submitted and the answer names that job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The new job's id; its partition must be this engine's.
    pub job: JobId,
    /// What to run.
    pub spec: JobSpec,
}
