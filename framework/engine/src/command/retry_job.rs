//! A client runs the failed part of a job, or all of it, again.

use crate::{id::JobId, output::RequestId};

/// Runs a job again, with its original shard plan.
///
/// On a failed job, failed tasks go on from their last checkpoint. On a succeeded one whose barriers tolerated
/// failures, those tasks run again, and whatever is downstream of them from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job; failed or succeeded.
    pub job: JobId,
    /// Only what failed. Otherwise every shard runs again from its beginning; only splitters keep their results.
    pub failed_only: bool,
}
