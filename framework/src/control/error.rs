//! Why a command was not carried out, in a form that crosses the socket.

use dyeline_engine::JobId;
use serde::{Deserialize, Serialize};

use crate::{
    host::HostError,
    job::WorkError,
    launch::LaunchError,
    log::RestoreError,
    partition::{Gone, PartitionError, RequestError},
};

/// The codes of these errors; each has a page under `docs/errors/`.
pub mod code {
    /// No job has the id, or an id that begins so.
    pub const UNKNOWN_JOB: &str = "dyeline::control::unknown_job";
    /// Several jobs have an id that begins so.
    pub const AMBIGUOUS_JOB: &str = "dyeline::control::ambiguous_job";
    /// The job's state does not allow it.
    pub const REFUSED: &str = "dyeline::control::refused";
    /// What was asked is not a request.
    pub const BAD_REQUEST: &str = "dyeline::control::bad_request";
    /// A change of a running job that does not fit it.
    pub const BAD_CHANGE: &str = "dyeline::control::bad_change";
    /// More terminals are connected than a process serves.
    pub const BUSY: &str = "dyeline::control::busy";
    /// The process that runs the job did not answer.
    pub const UNANSWERED: &str = "dyeline::control::unanswered";
    /// The process that runs the job is ending.
    pub const ENDING: &str = "dyeline::control::ending";
    /// The data directory cannot be read or owned.
    pub const DATA: &str = "dyeline::host::environment";
    /// Another process owns the data directory.
    pub const HELD: &str = "dyeline::host::held";
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ControlError {
    /// Its code, such as `dyeline::control::unknown_job`.
    pub code: String,
    /// What happened: a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The documented exit code of a command that ends with it.
    pub exit: u8,
}

impl ControlError {
    /// Something that whoever asked can mend.
    pub fn usage(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: None, exit: 2 }
    }

    /// Something about the machine or the process.
    pub fn environment(code: &str, message: impl Into<String>) -> Self {
        Self { exit: 4, ..Self::usage(code, message) }
    }

    /// The same error, with what to do about it; an empty text is none.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self
    }

    /// There is no such job.
    pub fn unknown_job(text: &str) -> Self {
        Self::usage(
            code::UNKNOWN_JOB,
            format!("no job `{text}` is known here: it never was, or it was purged"),
        )
        .hint("`jobs` lists those that are known in this data directory; `--data` names another one")
    }

    /// No job has that id.
    pub fn no_job(job: JobId) -> Self {
        Self::unknown_job(&job.to_string())
    }
}

impl From<Gone> for ControlError {
    fn from(_: Gone) -> Self {
        Self::environment(code::ENDING, "the process that runs the job is ending")
            .hint("ask again: the log is read once the process has ended")
    }
}

impl From<RequestError> for ControlError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused(refusal) => Self::usage(code::REFUSED, refusal.to_string()),
            RequestError::Gone(gone) => gone.into(),
            RequestError::Full(_) => Self::environment(code::DATA, error.to_string())
                .hint("free some space: the process that runs the job waits for it, and goes on by itself"),
            RequestError::Slow(_) => Self::environment(code::UNANSWERED, error.to_string()),
        }
    }
}

impl From<WorkError> for ControlError {
    fn from(error: WorkError) -> Self {
        let error = LaunchError::from(error);
        Self::usage(error.code(), error.to_string()).hint(error.hint().unwrap_or_default())
    }
}

impl From<RestoreError> for ControlError {
    fn from(error: RestoreError) -> Self {
        Self::environment(code::DATA, with_causes(&error))
    }
}

impl From<HostError> for ControlError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Request(request) => request.into(),
            error if error.is_held() => Self::environment(code::HELD, error.to_string()).hint(
                "it does not answer on its control socket: it may be starting or ending, so ask again in a moment",
            ),
            HostError::Partition(PartitionError::Bug(_)) => {
                Self { exit: 70, ..Self::environment(code::DATA, error.to_string()) }
            }
            HostError::Registry(_) => Self::usage(code::DATA, error.to_string()),
            error => Self::environment(code::DATA, with_causes(&error)),
        }
    }
}

/// An error and its causes in one text, each once.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(at) = cause {
        let more = at.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = at.source();
    }
    text
}
