//! Why a launch did not run its job.

use dyeline_engine::JobId;
use dyeline_router::toml::Mistakes;

use crate::{host::HostError, job::WorkError};

/// What stops a launch. Nothing was lost, and unless it says so nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The chain file or the parameters are wrong.
    #[error("{0}")]
    Chain(Mistakes),
    /// Something a node reads or writes is not as it must be.
    #[error("node `{node}`: {message}")]
    Place {
        /// The node.
        node: String,
        /// What is wrong.
        message: String,
        /// The processor's code for it, if it has one.
        code: Option<&'static str>,
        /// What the processor says to do.
        help: Option<String>,
    },
    /// A logged job cannot be run by this program.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// An unfinished job matches as typed, but not as resolved.
    #[error(
        "job {job} of chain `{chain}` is unfinished and was given the same parameters, which meant something else then:\n{}",
        list(.differences)
    )]
    OtherDay {
        /// The unfinished job.
        job: JobId,
        /// The chain.
        chain: String,
        /// What differs.
        differences: Vec<String>,
    },
    /// The `--id` is that of other work.
    #[error("job {job}, which is {phase}, has the same `--id` and was launched for something else:\n{}", list(.differences))]
    OtherUse {
        /// The job with the id.
        job: JobId,
        /// What it is.
        phase: String,
        /// What differs.
        differences: Vec<String>,
    },
    /// A job with the same `--id` succeeded, and was purged since.
    #[error("job {0} had the same `--id` and succeeded; it was purged since, and nothing runs")]
    DoneBefore(JobId),
    /// The chain changed under an unfinished job.
    #[error("the chain `{chain}` changed since its unfinished job {job} began:\n{}", list(.differences))]
    ChainChanged {
        /// The unfinished job.
        job: JobId,
        /// The chain.
        chain: String,
        /// What differs.
        differences: Vec<String>,
    },
    /// An input changed under an unfinished job.
    #[error("the input changed since the unfinished job {job} of chain `{chain}` began:\n{}", list(.differences))]
    InputChanged {
        /// The unfinished job.
        job: JobId,
        /// The chain.
        chain: String,
        /// What differs.
        differences: Vec<String>,
    },
    /// No job has this id.
    #[error("no job {0} is known here: it never was, or it was purged")]
    UnknownJob(JobId),
    /// The job is over.
    #[error("job {job} is {phase}: there is nothing left to run")]
    Over {
        /// The job.
        job: JobId,
        /// What it is.
        phase: String,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Host(#[from] HostError),
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|l| format!("  - {l}")).collect::<Vec<_>>().join("\n")
}

impl LaunchError {
    /// The error's code, whose page is `docs/errors/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chain(_) => "dyeline::chain",
            Self::Place { code, .. } => code.unwrap_or("dyeline::launch::place"),
            Self::Work(_) => "dyeline::launch::program",
            Self::OtherDay { .. } => "dyeline::launch::other_day",
            Self::OtherUse { .. } => "dyeline::launch::other_use",
            Self::ChainChanged { .. } => "dyeline::launch::chain_changed",
            Self::InputChanged { .. } => "dyeline::launch::input_changed",
            Self::UnknownJob(_) => "dyeline::launch::unknown_job",
            Self::Over { .. } | Self::DoneBefore(_) => "dyeline::launch::over",
            Self::Host(error) if error.is_held() => "dyeline::host::held",
            Self::Host(_) => "dyeline::host::environment",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::OtherDay { job, .. } => Some(format!(
                "`resume {job}` finishes the unfinished job with what its parameters meant; `launch --new` leaves it \
                 and starts another"
            )),
            Self::OtherUse { .. } => {
                Some("give this launch an id of its own, such as one with the day in it".to_owned())
            }
            Self::ChainChanged { .. } => Some(
                "`--adopt` finishes the unfinished job as it was planned when it began; `--new` leaves it and starts \
                 another by the file as it is now"
                    .to_owned(),
            ),
            Self::InputChanged { .. } => Some(
                "`--adopt` goes on from the checkpoints with the input as it is now; `--new` leaves the job and starts \
                 another from the beginning"
                    .to_owned(),
            ),
            Self::Work(WorkError::NoRecord { .. }) => {
                Some("put the schema back, or start another job with `launch --new`".to_owned())
            }
            Self::Place { help, .. } => help.clone(),
            Self::UnknownJob(_) => Some("`jobs` lists those that are known".to_owned()),
            Self::Over { .. } => Some("launch the chain again for another run".to_owned()),
            Self::Host(error) if error.is_held() => Some(
                "one process at a time runs the jobs of a data directory: use `status` to see what it does, or \
                 `--data` for another directory"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    /// The documented exit code: 2 for what the user can mend in what was typed, 4 for the environment, 70 for a bug.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Host(HostError::Partition(crate::partition::PartitionError::Bug(_))) => 70,
            Self::Host(HostError::Registry(_)) => 2,
            Self::Host(HostError::Request(crate::partition::RequestError::Refused(_))) => 2,
            Self::Host(_) => 4,
            _ => 2,
        }
    }
}
