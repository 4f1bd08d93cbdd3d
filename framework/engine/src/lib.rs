//! The planner and the deterministic state machine of Dyeline.
//!
//! Deliberately absent: tokio, clocks, randomness, files, sockets. Time arrives as input, chance comes from a seed
//! in the state, and everything that leaves is returned as a value.

pub mod id;
pub mod limit;
pub mod plan;

mod command;
mod count;
mod failure;
mod job;
mod output;
mod policy;
mod report;
mod time;
mod transition;

pub use command::{
    AcquireOwnership, CancelJob, Command, CompleteAttempt, FailAttempt, GrantCredit, HandBack, Heartbeat, NoteHistory,
    PauseJob, PurgeJobs, ReportCheckpoint, ResumeJob, RetryJob, SetParams, SetPolicy, SubmitJob, Tick, WorkerJoined,
    WorkerLeft,
};
pub use count::{NodeCounts, NodeDelta, Tally};
pub use failure::{CLASSES, Class, Failure, Place};
pub use id::{Fence, JobId, ShardIx, StageIx, TaskId, WorkerId};
pub use job::{JobSpec, LiveParams, Note};
pub use output::{Answer, CancelReason, HandOut, Input, Output, Refusal, Reply, RequestId};
pub use policy::PolicyChange;
pub use report::{Artifact, Checkpoint, Progress, Shard};
pub use time::Millis;
pub use transition::{JobPhase, TASK_PHASES, TaskPhase};
