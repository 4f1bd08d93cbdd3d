//! The planner and the deterministic state machine of Dyeline.
//!
//! [`Engine`] takes [`Command`]s, changes its [`State`] by [`Effect`]s, and leaves both the encoded effects and the
//! [`Output`]s in a [`Batch`]. The shell makes the effects durable and only then lets the outputs go.
//!
//! Deliberately absent: tokio, clocks, randomness, files, sockets. Time arrives as input, chance comes from a seed
//! in the state, and everything that leaves is returned as a value.

pub mod id;
pub mod limit;
pub mod plan;

mod backoff;
mod batch;
mod command;
mod count;
mod decide;
mod dispatch;
pub mod effect;
mod engine;
mod failing;
mod failure;
mod fault;
mod gate;
pub mod invariant;
mod job;
mod output;
mod policy;
mod queue;
mod report;
mod settle;
mod sound;
mod state;
mod time;
mod timer;
mod transition;
mod worker;

pub use backoff::{chance, delay_ms};
pub use batch::{Batch, Sealed, decode_batch};
pub use command::{
    AcquireOwnership, CancelJob, Command, CompleteAttempt, FailAttempt, GrantCredit, HandBack, Heartbeat,
    NoteHistory, PauseJob, PurgeJobs, ReportCheckpoint, ResumeJob, RetryJob, SetParams, SetPolicy, SubmitJob,
    Tick, WorkerJoined, WorkerLeft,
};
pub use count::{NodeCounts, NodeDelta, Tally};
pub use effect::{DecodeError, Effect};
pub use engine::{Engine, Settings};
pub use failure::{CLASSES, Class, Failure, Place};
#[cfg(feature = "planted-faults")]
pub use fault::Fault;
pub use gate::Gate;
pub use id::{Fence, JobId, ShardIx, StageIx, TaskId, WorkerId};
pub use job::{Build, JobSpec, LiveParams, Note, Rebuilt};
pub use output::{Answer, CancelReason, HandOut, Input, Output, Refusal, Reply, RequestId};
pub use policy::PolicyChange;
pub use report::{Artifact, Checkpoint, Progress, Shard};
pub use state::{EvolveError, JobView, ReplayError, SnapshotError, StageView, State, TaskView};
pub use time::Millis;
pub use transition::{JobPhase, TASK_PHASES, TaskPhase};
