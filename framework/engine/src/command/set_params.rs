//! A client changes the live parameters of a job.

use std::sync::Arc;

use crate::{id::JobId, output::RequestId};

/// Sets a job's live parameters, all of them. Running attempts are told; each attempt logs the version it started
/// with. Answered by [`ParamsSet`](crate::Answer::ParamsSet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetParams {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// Bytes that only workers understand.
    pub params: Arc<[u8]>,
}
