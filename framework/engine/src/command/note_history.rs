//! The shell writes a line into a job's history.

use crate::{id::JobId, output::RequestId};

/// Adds a line to a job's history: adopted with a changed chain, gone on with a rebuilt binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteHistory {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job.
    pub job: JobId,
    /// What happened.
    pub text: String,
}
