//! A client changes a policy of a job.

use crate::{id::JobId, output::RequestId, policy::PolicyChange};

/// Changes one policy of an unfinished job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPolicy {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// What changes.
    pub change: PolicyChange,
}
