//! What leaves the engine: hand-outs, cancellations, replies, news.
//!
//! Outputs are released by the shell only after the batch that made them is durable; see [`Gate`](crate::Gate).

use std::sync::Arc;

use crate::{
    failure::Place,
    id::{Fence, JobId, ShardIx, StageIx, TaskId, WorkerId},
    job::{JobSpec, LiveParams},
    plan::Plan,
    report::{Artifact, Checkpoint, Shard},
    time::Millis,
    transition::JobPhase,
};

/// Names a request of a client or worker; the shell chooses it, the reply carries it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// One thing that leaves the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A task for a worker that had credit for it.
    HandOut(Box<HandOut>),
    /// A worker shall end an attempt.
    CancelAttempt {
        /// Who runs it.
        worker: WorkerId,
        /// The task.
        task: TaskId,
        /// The attempt.
        fence: Fence,
        /// Why, which says how to end it.
        why: CancelReason,
    },
    /// A report that nobody waits for the reply of was refused, and its attempt is live: nothing more of it will count,
    /// so its worker shall end it and report why.
    ReportRefused {
        /// Who reported.
        worker: WorkerId,
        /// The task.
        task: TaskId,
        /// The attempt.
        fence: Fence,
        /// Why.
        why: Refusal,
    },
    /// New live parameters for a running attempt.
    LiveParams {
        /// Who runs it.
        worker: WorkerId,
        /// The task.
        task: TaskId,
        /// The attempt.
        fence: Fence,
        /// The parameters.
        params: LiveParams,
    },
    /// The answer to a request; exactly one for each.
    Reply(Reply),
    /// A job's phase changed.
    JobChanged {
        /// The job.
        job: JobId,
        /// What it is now.
        phase: JobPhase,
    },
    /// All tasks of a stage have ended: what only it read can go once `spool_retain` has passed.
    StageEnded {
        /// The job.
        job: JobId,
        /// The stage.
        stage: StageIx,
    },
    /// A job has left memory: what it left in the spool can go.
    JobPurged {
        /// The job.
        job: JobId,
    },
}

/// Why an attempt shall end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelReason {
    /// The job pauses: close a checkpoint and hand back.
    Pause,
    /// The job is cancelled: stop; hand back.
    Cancel,
    /// The attempt ran past its limit: stop; report it failed as timed out.
    TimedOut,
    /// The attempt is no longer valid: stop; whatever it reports changes nothing.
    Fenced,
}

/// A task handed to a worker, with all it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOut {
    /// Who shall run it.
    pub worker: WorkerId,
    /// The task.
    pub task: TaskId,
    /// The attempt's fencing number; every report carries it.
    pub fence: Fence,
    /// Which attempt of the task, counted from 1.
    pub attempt: u32,
    /// Which run of the job, counted from 1; a retry that runs finished shards again starts a new one.
    pub run: u32,
    /// The job.
    pub spec: Arc<JobSpec>,
    /// The plan with the policies now in force; `spec.plan` has those of the launch.
    pub plan: Arc<Plan>,
    /// Where to go on; `None` starts at the beginning.
    pub checkpoint: Option<Checkpoint>,
    /// What the task's checkpoints so far have left, in the order of their reports.
    pub left: Vec<Artifact>,
    /// The shard's description, for stages whose shards a splitter found.
    pub shard: Option<Arc<Shard>>,
    /// How many shards the task's stage has.
    pub shards: u32,
    /// What producers left, one entry for each input of the stage's source, in its order.
    pub inputs: Vec<Input>,
    /// Items to give up (skip or dead-letter) instead of failing.
    pub exhausted: Vec<Place>,
    /// The live parameters.
    pub params: LiveParams,
    /// The attempt is lost unless a heartbeat arrives within this.
    pub lease_ms: u64,
    /// When the attempt times out.
    pub deadline: Option<Millis>,
}

/// What the producers of one input left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The producing stage.
    pub stage: StageIx,
    /// Which of its outputs.
    pub output: u32,
    /// The input port it leads to; 0 for parts to be published.
    pub port: u32,
    /// `(producing shard, artifact)` in (shard, order of report). Shared by all tasks that read the whole stage.
    pub artifacts: Arc<Vec<(ShardIx, Arc<[u8]>)>>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The request.
    pub request: RequestId,
    /// What came of it.
    pub result: Result<Answer, Refusal>,
}

/// A request that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or it was so already.
    Done,
    /// The job that stands for the submission.
    Submitted {
        /// The job.
        job: JobId,
        /// A job with the same dedup id was there already, and this is it.
        existing: bool,
    },
    /// The report counts.
    Accepted,
    /// Live parameters were set.
    ParamsSet {
        /// Their version.
        version: u32,
    },
    /// Jobs were purged.
    Purged {
        /// How many.
        jobs: u32,
    },
}

/// A request that was not carried out and changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No job has that id.
    #[error("no job {0} is known: it never was here, or it was purged")]
    UnknownJob(JobId),
    /// The job has no such task.
    #[error("job {job} has no task {task}", job = .0.job, task = .0)]
    UnknownTask(TaskId),
    /// A job with that id is there already.
    #[error("job {0} is there already: submit with a new id")]
    JobExists(JobId),
    /// The job's phase does not allow it.
    #[error("job {job} is {phase}, so it cannot be {verb}")]
    WrongPhase {
        /// The job.
        job: JobId,
        /// What it is.
        phase: JobPhase,
        /// What was asked for: `paused`, `resumed`, `cancelled`, `retried`, `purged`.
        verb: &'static str,
    },
    /// The attempt is no longer valid.
    #[error("attempt {fence} of task {task} is no longer valid: its lease expired or another attempt took over", fence = .fence.0)]
    Fenced {
        /// The task.
        task: TaskId,
        /// The attempt that reported.
        fence: Fence,
    },
    /// A checkpoint that does not follow the last one.
    #[error("checkpoint {got} of task {task} does not follow checkpoint {last}")]
    CheckpointOrder {
        /// The task.
        task: TaskId,
        /// The last accepted.
        last: u64,
        /// The one reported.
        got: u64,
    },
    /// Something is larger than its limit.
    #[error("{what} is {got}, and the limit is {limit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large it is.
        got: u64,
        /// How large it may be.
        limit: u64,
    },
    /// Another job owns the dedup id.
    #[error("job {job} cannot run again: job {owner} has taken over its dedup id `{dedup}`")]
    DedupTaken {
        /// The job that was to be retried.
        job: JobId,
        /// The owner.
        owner: JobId,
        /// The id.
        dedup: String,
    },
    /// No worker with that id is connected.
    #[error("worker {} has not joined", .0.0)]
    UnknownWorker(WorkerId),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
}
