//! Effects: the changelog, and the only thing that changes the state. One file per family.
//!
//! What is here is what is durable: every type is a record with field numbers, apart from the types of the state.
//! A record of an unknown kind or version is an error, never skipped.

mod codec;
mod job;
mod owner;
mod policy;
mod stage;
mod task;

pub use codec::{DecodeError, Effect};
pub use job::{
    DedupForgotten, HistoryNoted, JobCancelling, JobEnded, JobFailing, JobPaused, JobPurged, JobReleased,
    JobResumed, JobRetried, JobStarted, JobSubmitted, ParamsSet,
};
pub use owner::OwnershipAcquired;
pub use policy::PolicySet;
pub use stage::{ShardRecord, ShardsFound, StageOpened, StageReleased, TasksReset};
pub use task::{
    ArtifactRecord, AttemptFailed, AttemptHandedBack, PlaceRecord, ProgressRecord, TaskCheckpointed,
    TaskLeased, TaskReadied, TaskSucceeded, Verdict,
};

pub(crate) use codec::{Record, read_record, write_record};
pub(crate) use policy::policy_record;
pub(crate) use stage::{RESET_AGAIN, RESET_FRESH};

pub use crate::state::{LabelRecord, SpecRecord};

use crate::id::{JobId, TaskId};

/// A job's id in the log.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct JobRef {
    /// The upper 64 bits.
    #[prost(fixed64, tag = "1")]
    pub hi: u64,
    /// The lower 64 bits.
    #[prost(fixed64, tag = "2")]
    pub lo: u64,
}

impl From<JobId> for JobRef {
    fn from(id: JobId) -> Self {
        Self { hi: (id.0 >> 64) as u64, lo: id.0 as u64 }
    }
}

impl JobRef {
    /// The id.
    #[must_use]
    pub fn id(self) -> JobId {
        JobId(u128::from(self.hi) << 64 | u128::from(self.lo))
    }
}

/// A task's id in the log.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct TaskRef {
    /// The upper 64 bits of the job's id.
    #[prost(fixed64, tag = "1")]
    pub hi: u64,
    /// The lower 64 bits of the job's id.
    #[prost(fixed64, tag = "2")]
    pub lo: u64,
    /// The stage.
    #[prost(uint32, tag = "3")]
    pub stage: u32,
    /// The shard.
    #[prost(uint32, tag = "4")]
    pub shard: u32,
}

impl From<TaskId> for TaskRef {
    fn from(id: TaskId) -> Self {
        let JobRef { hi, lo } = id.job.into();
        Self { hi, lo, stage: id.stage, shard: id.shard }
    }
}

impl TaskRef {
    /// The id.
    #[must_use]
    pub fn id(self) -> TaskId {
        TaskId { job: JobRef { hi: self.hi, lo: self.lo }.id(), stage: self.stage, shard: self.shard }
    }
}
