//! What a command works with while it decides: the state, the batch, the time.

use crate::{
    batch::Batch,
    effect::Effect,
    engine::Settings,
    fault::{Fault, Planted},
    id::{Fence, JobId, TaskId},
    output::{Answer, CancelReason, Output, Refusal, Reply, RequestId},
    state::{Job, State, Task},
    time::Millis,
    transition::{JobPhase, TaskPhase},
    worker::Workers,
};

/// One command being decided. Effects enter the state as they are emitted, so that whatever is decided next sees
/// them.
pub(crate) struct Decide<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) batch: &'a mut Batch,
    pub(crate) workers: &'a mut Workers,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Millis,
    pub(crate) planted: Planted,
    /// Effects that a planted fault keeps from the state until the next batch.
    pub(crate) unseen: &'a mut Vec<Effect>,
}

impl Decide<'_> {
    /// Logs an effect and lets it change the state.
    pub(crate) fn emit(&mut self, effect: impl Into<Effect>) {
        if self.batch.fault.is_some() {
            return;
        }
        let effect = effect.into();
        self.batch.push(&effect);
        if self.planted.has(Fault::BlindBatch) {
            self.unseen.push(effect);
            return;
        }
        if let Err(fault) = self.state.evolve(effect) {
            debug_assert!(self.planted.any(), "{fault}");
            self.batch.fault = Some(fault);
        }
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.batch.outputs.push(output);
    }

    pub(crate) fn reply(&mut self, request: Option<RequestId>, result: Result<Answer, Refusal>) {
        if let Some(request) = request {
            self.output(Output::Reply(Reply { request, result }));
        }
    }

    /// Answers a report. A refusal finds its way to the worker also when nobody waits for the reply, unless the attempt
    /// is void anyway: heartbeats tell that.
    pub(crate) fn reply_to_report(
        &mut self,
        request: Option<RequestId>,
        task: TaskId,
        fence: Fence,
        result: Result<Answer, Refusal>,
    ) {
        match (request, result) {
            (None, Err(why)) => {
                if let Some(worker) = self.state.live_attempt(task, fence).map(|live| live.worker) {
                    self.output(Output::ReportRefused { worker, task, fence, why });
                }
            }
            (request, result) => self.reply(request, result),
        }
    }

    /// Tells that a job's phase changed.
    pub(crate) fn job_changed(&mut self, job: JobId) {
        if let Some(phase) = self.state.jobs.get(&job).map(|j| j.phase) {
            self.output(Output::JobChanged { job, phase });
        }
    }

    pub(crate) fn job(&self, id: JobId) -> Result<&Job, Refusal> {
        self.state.jobs.get(&id).ok_or(Refusal::UnknownJob(id))
    }

    /// The task of a report, if the attempt that reports is the valid one.
    pub(crate) fn valid_task(&self, id: TaskId, fence: Fence) -> Result<&Task, Refusal> {
        let job = self.job(id.job)?;
        let task = job
            .stages
            .get(id.stage as usize)
            .and_then(|s| s.tasks.get(id.shard as usize))
            .ok_or(Refusal::UnknownTask(id))?;
        let unfenced = self.planted.has(Fault::NoFencing) && task.phase == TaskPhase::Leased;
        if self.state.live_attempt(id, fence).is_some() || unfenced {
            Ok(task)
        } else {
            Err(Refusal::Fenced { task: id, fence })
        }
    }

    /// Renews the lease of a valid attempt.
    pub(crate) fn renew(&mut self, id: TaskId, fence: Fence) {
        let until = self.now.plus_ms(self.settings.lease_ms);
        if let Some(live) = self.state.live.get_mut(&id).filter(|l| l.fence == fence) {
            live.lease_until = live.lease_until.max(until);
        }
    }

    /// Asks the live attempts of a job to end, unless they were asked for a stronger reason already.
    pub(crate) fn cancel_live(&mut self, job: JobId, why: CancelReason) {
        for (task, fence, _) in self.state.live_of(job) {
            self.cancel_attempt(task, fence, why);
        }
    }

    /// Asks an attempt to end. `Cancel` and `TimedOut` have a time of grace; `Pause` waits for the next checkpoint.
    pub(crate) fn cancel_attempt(&mut self, task: TaskId, fence: Fence, why: CancelReason) {
        let grace = self.now.plus_ms(self.settings.cancel_grace_ms);
        let Some(live) = self.state.live.get_mut(&task).filter(|l| l.fence == fence) else { return };
        if live.cancel.is_some_and(|old| old >= why) {
            return;
        }
        live.cancel = Some(why);
        let worker = live.worker;
        if why != CancelReason::Pause && live.grace_timer.is_none() {
            live.grace_timer = Some(grace);
            self.state.timers.set(grace, crate::timer::Timer::Grace(task, fence));
        }
        self.output(Output::CancelAttempt { worker, task, fence, why });
    }

    /// Refuses unless the job is in a phase that allows what is asked for.
    pub(crate) fn expect_phase(
        &self,
        id: JobId,
        verb: &'static str,
        allowed: impl Fn(JobPhase) -> bool,
    ) -> Result<&Job, Refusal> {
        let job = self.job(id)?;
        if allowed(job.phase) {
            Ok(job)
        } else {
            Err(Refusal::WrongPhase { job: id, phase: job.phase, verb })
        }
    }
}
