//! What can be asked, and what is answered: the lines that cross the socket.

use dyeline_engine::{JobId, JobPhase};
use serde::{Deserialize, Serialize};

use super::ControlError;
use crate::view::{JobLine, JobStatus};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// A line for each job.
    Jobs,
    /// Jobs in full; without ids all that are unfinished.
    Status {
        /// Ids, or what they begin with.
        #[serde(default)]
        jobs: Vec<String>,
    },
    /// A job in full, again and again until it has ended.
    Watch {
        /// Its id, or what it begins with.
        job: String,
    },
    /// Hand nothing more out.
    Pause {
        /// Which jobs.
        select: Selection,
        /// Why, as status shows it.
        #[serde(default)]
        reason: String,
    },
    /// Go on after a pause.
    Resume {
        /// Which jobs.
        select: Selection,
    },
    /// Stop for good.
    Cancel {
        /// Which jobs.
        select: Selection,
    },
    /// Run again.
    Retry {
        /// Which jobs.
        select: Selection,
        /// Only what failed, from its last checkpoint.
        #[serde(default)]
        failed: bool,
    },
    /// Change limits, policies and live parameters.
    Set {
        /// Which jobs.
        select: Selection,
        /// All of them, or none.
        changes: Vec<Change>,
    },
    /// Add a line to the history.
    Note {
        /// Which jobs.
        select: Selection,
        /// The line.
        text: String,
    },
    /// Forget ended jobs.
    Purge(Purge),
}

/// Which jobs a command is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Ids, or what they begin with.
    #[serde(default)]
    pub jobs: Vec<String>,
    /// All jobs of this chain that the command can be for.
    #[serde(default)]
    pub chain: Option<String>,
}

/// Which ended jobs are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Ids, or what they begin with; without any, all ended jobs.
    #[serde(default)]
    pub jobs: Vec<String>,
    /// Only those of this chain.
    #[serde(default)]
    pub chain: Option<String>,
    /// Only those that ended so.
    #[serde(default)]
    pub state: Option<JobPhase>,
    /// Only those that ended so many milliseconds ago or earlier.
    #[serde(default)]
    pub older_than_ms: Option<u64>,
    /// Only say which.
    #[serde(default)]
    pub dry_run: bool,
}

/// One change of a running job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "set", rename_all = "snake_case")]
pub enum Change {
    /// A live parameter of a node.
    Param {
        /// The node.
        node: String,
        /// The parameter.
        param: String,
        /// Its value as typed; lists and tables as JSON.
        value: String,
        /// What relative paths are relative to.
        #[serde(default)]
        folder: Option<String>,
    },
    /// Attempts that may run at once.
    Concurrency {
        /// Of this node's stages; without one, of the whole job.
        #[serde(default)]
        node: Option<String>,
        /// `null` lifts the limit.
        limit: Option<u32>,
    },
    /// The job's priority; larger goes first.
    Priority {
        /// The priority.
        priority: i32,
    },
    /// Retries of a node.
    Retry {
        /// The node.
        node: String,
        /// How often.
        max: u32,
        /// The shortest and the longest wait in milliseconds; `null` leaves them as they are.
        #[serde(default)]
        backoff_ms: Option<(u64, u64)>,
    },
    /// Items of a node that may be given up.
    Skip {
        /// The node.
        node: String,
        /// `null`: none.
        limit: Option<u64>,
    },
    /// How long an attempt of the node's stages may run.
    Timeout {
        /// The node.
        node: String,
        /// In milliseconds; `null` lifts the limit.
        ms: Option<u64>,
    },
    /// Time between checkpoints of the node's stages.
    Checkpoint {
        /// The node.
        node: String,
        /// In milliseconds; `null` is the default.
        ms: Option<u64>,
    },
    /// What running an attempt of the node's stages costs.
    Cost {
        /// The node.
        node: String,
        /// In thousandths of a slot; `null` is the default.
        cost: Option<u32>,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A line for each job.
    Jobs(Vec<JobLine>),
    /// Jobs in full.
    Status(Vec<JobStatus>),
    /// What became of the command, for each job.
    Done(Vec<Outcome>),
    /// The jobs that were forgotten, or would be.
    Purged(Vec<JobLine>),
}

/// What became of a command for one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The job.
    #[serde(with = "crate::view::job_id_text")]
    pub job: JobId,
    /// Its chain.
    pub chain: String,
    /// Its phase now.
    pub state: JobPhase,
    /// Why the command was not carried out.
    pub error: Option<ControlError>,
}

/// One line from a process: an answer or an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Response {
    /// It was carried out.
    Ok(Answer),
    /// It was not.
    Error(ControlError),
}

impl From<Result<Answer, ControlError>> for Response {
    fn from(result: Result<Answer, ControlError>) -> Self {
        result.map_or_else(Self::Error, Self::Ok)
    }
}

impl From<Response> for Result<Answer, ControlError> {
    fn from(response: Response) -> Self {
        match response {
            Response::Ok(answer) => Ok(answer),
            Response::Error(error) => Err(error),
        }
    }
}
