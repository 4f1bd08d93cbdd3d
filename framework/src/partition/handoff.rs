//! Where the outputs of the engine go.

use dyeline_engine::{
    CancelReason, Fence, HandOut, JobId, JobPhase, LiveParams, Refusal, StageIx, TaskId, WorkerId,
};

/// Brings tasks to workers: a channel within a process, a stream between machines.
pub trait HandOff: Send {
    /// Hands a task to the worker that had credit for it.
    fn hand_out(&mut self, out: HandOut);
    /// Tells a worker to end an attempt.
    fn cancel(&mut self, worker: WorkerId, task: TaskId, fence: Fence, why: CancelReason);
    /// Tells a worker that a report of an attempt was refused, so that it ends the attempt as failed.
    fn refuse(&mut self, worker: WorkerId, task: TaskId, fence: Fence, why: Refusal);
    /// Gives a running attempt new live parameters.
    fn set_live(&mut self, worker: WorkerId, task: TaskId, fence: Fence, params: LiveParams);
}

/// Learns what becomes of jobs. Called by the owner thread, so it must not wait for anything.
pub trait JobEvents: Send {
    /// A job's phase changed, durably.
    fn job_changed(&mut self, job: JobId, phase: JobPhase);
    /// All tasks of a stage have ended.
    fn stage_ended(&mut self, job: JobId, stage: StageIx);
    /// A job has left memory.
    fn job_purged(&mut self, job: JobId);
}
