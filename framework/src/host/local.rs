//! The hand-off within a process: the engine's outputs to the pools, the pools' reports to the engine.

use dyeline_engine::{
    CancelReason, Command, CompleteAttempt, FailAttempt, Fence, GrantCredit, HandBack, HandOut, Heartbeat,
    JobId, JobPhase, LiveParams, PauseJob, Refusal, ReportCheckpoint, StageIx, TaskId, WorkerId,
};

use super::{Pools, Watch, prune::Pruner};
use crate::{
    partition::{HandOff, Inbox, JobEvents},
    worker::{Event, Report, Reports},
};

/// Gives outputs to the pool they are for.
pub(super) struct LocalHandOff(pub Pools);

impl HandOff for LocalHandOff {
    fn hand_out(&mut self, out: HandOut) {
        if let Some(pool) = self.0.of(out.worker) {
            pool.hand_out(out);
        }
    }

    fn cancel(&mut self, worker: WorkerId, _task: TaskId, fence: Fence, why: CancelReason) {
        if let Some(pool) = self.0.of(worker) {
            pool.cancel(fence, why);
        }
    }

    fn refuse(&mut self, worker: WorkerId, task: TaskId, fence: Fence, why: Refusal) {
        if let Some(pool) = self.0.of(worker) {
            pool.refuse(task, fence, &why);
        }
    }

    fn set_live(&mut self, worker: WorkerId, _task: TaskId, fence: Fence, params: LiveParams) {
        if let Some(pool) = self.0.of(worker) {
            pool.set_live(fence, params);
        }
    }
}

/// Turns the reports of one pool into commands.
pub(super) struct LocalReports {
    pub inbox: Inbox,
    pub worker: WorkerId,
    pub watch: Watch,
}

impl LocalReports {
    fn send(&self, command: Command) {
        // When the partition has ended, what is not reported runs again after the next start.
        let _ = self.inbox.send(command);
    }
}

impl Reports for LocalReports {
    fn report(&self, report: Report) {
        let Report { task, fence, event } = report;
        let request = None;
        match event {
            Event::Checkpointed(progress) => {
                self.send(Command::ReportCheckpoint(ReportCheckpoint { request, task, fence, progress }));
            }
            Event::Completed { progress, shards, result } => {
                let shards = shards.unwrap_or_default();
                let command = CompleteAttempt { request, task, fence, progress, shards, result };
                self.send(Command::CompleteAttempt(command));
            }
            Event::Failed { class, node, place, text, retry_after } => {
                let retry_after_ms = retry_after.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
                let code = String::new();
                let command =
                    FailAttempt { request, task, fence, class, place, node, code, text, retry_after_ms };
                self.send(Command::FailAttempt(command));
            }
            Event::HandedBack { progress } => {
                self.send(Command::HandBack(HandBack { request, task, fence, progress }));
            }
            Event::DiskFull { text } => {
                // First the pause, so that the task is not handed out again at once.
                let reason = format!("no room left: {text}");
                self.watch.set_environment(reason.clone());
                self.send(Command::PauseJob(PauseJob { request, job: task.job, reason }));
                self.send(Command::HandBack(HandBack { request, task, fence, progress: None }));
            }
        }
    }

    fn grant(&self, credit: u32) {
        self.send(Command::GrantCredit(GrantCredit { request: None, worker: self.worker, credit }));
    }

    fn takes_checkpoints(&self) -> bool {
        self.inbox.stalled().is_none()
    }

    fn heartbeat(&self, running: Vec<(TaskId, Fence)>) {
        self.send(Command::Heartbeat(Heartbeat { request: None, worker: self.worker, running }));
    }
}

/// Tells those who wait, and has what ended jobs left behind removed.
pub(super) struct LocalEvents {
    pub watch: Watch,
    pub pools: Pools,
    pub pruner: Pruner,
}

impl JobEvents for LocalEvents {
    fn job_changed(&mut self, job: JobId, phase: JobPhase) {
        if phase.is_terminal() {
            self.pools.forget(job);
        }
        if matches!(phase, JobPhase::Succeeded | JobPhase::Cancelled) {
            self.pruner.job_ended(job);
        }
        self.watch.set(job, phase);
    }

    fn stage_ended(&mut self, _job: JobId, _stage: StageIx) {}

    fn job_purged(&mut self, job: JobId) {
        self.pruner.job_ended(job);
        self.watch.remove(job);
    }
}
