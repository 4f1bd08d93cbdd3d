//! A client removes finished jobs.

use crate::{id::JobId, output::RequestId};

/// Removes finished jobs from memory. All or none: a job that is unknown or unfinished refuses the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeJobs {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The jobs.
    pub jobs: Vec<JobId>,
}
