//! Effects on a job as a whole.

use std::sync::Arc;

use super::JobRef;
use crate::{
    job::{LiveParams, Note, Rebuilt},
    limit::DEDUP_RETAIN_MS,
    state::{BuildRecord, Dedup, EvolveError, Job, SpecRecord, State, decode_spec},
    time::Millis,
    timer::Timer,
    transition::{JobPhase, TaskPhase},
};

/// A job was accepted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JobSubmitted {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// What to run.
    #[prost(message, required, tag = "3")]
    pub spec: SpecRecord,
}

impl JobSubmitted {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let refuse = |what| Err(EvolveError { effect: "JobSubmitted", what });
        if state.jobs.contains_key(&id) {
            return refuse(format!("job {id} is there already"));
        }
        let spec = match decode_spec(self.spec) {
            Ok(spec) => Arc::new(spec),
            Err(what) => return refuse(what),
        };
        if let Some(what) = crate::sound::plan_fault(&spec.plan) {
            return refuse(what);
        }
        if let Some(dedup) = &spec.dedup {
            state.forget_dedup_timer(dedup);
            state.dedup.insert(dedup.as_str().into(), Dedup { job: id, succeeded: false, until: None });
        }
        let job = Job::new(id, spec, Millis(self.at));
        if let (true, Some(due)) = (job.held, job.spec.due) {
            state.timers.set(due, Timer::Due(id));
        }
        state.jobs.insert(id, job);
        Ok(())
    }
}

/// A job's due time has come.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobReleased {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
}

impl JobReleased {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobReleased", id)?;
        job.held = false;
        if let Some(due) = job.spec.due {
            state.timers.unset(due, Timer::Due(id));
        }
        state.requeue_all(id);
        Ok(())
    }
}

/// The first task of a job was handed out.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobStarted {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// The build of the program that runs it.
    #[prost(message, optional, tag = "3")]
    pub build: Option<BuildRecord>,
}

impl JobStarted {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let job = state.job_mut("JobStarted", self.job.id())?;
        job.set_phase("JobStarted", JobPhase::Running)?;
        job.started = Some(Millis(self.at));
        job.build = self.build.map(Into::into);
        Ok(())
    }
}

/// A job was paused, or the reason of its pause changed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JobPaused {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// Why.
    #[prost(string, tag = "2")]
    pub reason: String,
}

impl JobPaused {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobPaused", id)?;
        if job.phase != JobPhase::Paused {
            job.set_phase("JobPaused", JobPhase::Paused)?;
        }
        job.pause_reason = Some(self.reason);
        state.requeue_all(id);
        Ok(())
    }
}

/// A paused job goes on.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobResumed {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
}

impl JobResumed {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobResumed", id)?;
        let next = if job.started.is_some() { JobPhase::Running } else { JobPhase::Pending };
        job.set_phase("JobResumed", next)?;
        job.pause_reason = None;
        state.requeue_all(id);
        Ok(())
    }
}

/// A job was asked to be cancelled.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobCancelling {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
}

impl JobCancelling {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobCancelling", id)?;
        job.set_phase("JobCancelling", JobPhase::Cancelling)?;
        job.pause_reason = None;
        state.requeue_all(id);
        Ok(())
    }
}

/// A job cannot succeed any more; what runs is let finish.
#[derive(Clone, PartialEq, prost::Message)]
pub struct JobFailing {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// Why.
    #[prost(string, tag = "2")]
    pub reason: String,
}

impl JobFailing {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobFailing", id)?;
        job.set_phase("JobFailing", JobPhase::Failing)?;
        job.fail_reason = Some(self.reason);
        job.pause_reason = None;
        state.requeue_all(id);
        Ok(())
    }
}

/// A job has ended.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobEnded {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// As what: the phase's number.
    #[prost(uint32, tag = "2")]
    pub phase: u32,
    /// When, in milliseconds.
    #[prost(uint64, tag = "3")]
    pub at: u64,
}

impl JobEnded {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let Some(phase) = JobPhase::from_number(self.phase).filter(|p| p.is_terminal()) else {
            return Err(EvolveError {
                effect: "JobEnded",
                what: format!("{} is not how a job ends", self.phase),
            });
        };
        let job = state.job_mut("JobEnded", id)?;
        if job.live > 0 {
            return Err(EvolveError {
                effect: "JobEnded",
                what: format!("job {id} has {} live attempts", job.live),
            });
        }
        job.set_phase("JobEnded", phase)?;
        job.ended = Some(Millis(self.at));
        job.pause_reason = None;
        let retain = job.retained_until();
        match phase {
            JobPhase::Cancelled => state.cancel_tasks(id)?,
            JobPhase::Succeeded => state.own_dedup(id),
            _ => {}
        }
        if let Some(at) = retain {
            state.timers.set(at, Timer::Retain(id));
        }
        state.requeue_all(id);
        Ok(())
    }
}

impl State {
    /// Ends every task of a job that has not ended.
    fn cancel_tasks(&mut self, id: crate::JobId) -> Result<(), EvolveError> {
        self.drop_task_timers(id);
        let job = self.job_mut("JobEnded", id)?;
        for stage in &mut job.stages {
            for shard in 0..stage.tasks.len() {
                if !stage.tasks[shard].phase.is_terminal() {
                    stage.set_phase("JobEnded", shard as u32, TaskPhase::Cancelled)?;
                }
            }
        }
        Ok(())
    }

    /// Removes the back-off timers of a job's tasks.
    fn drop_task_timers(&mut self, id: crate::JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        for (ix, stage) in job.stages.iter().enumerate().filter(|(_, s)| s.count(TaskPhase::Backoff) > 0) {
            for (shard, task) in stage.tasks.iter().enumerate().filter(|(_, t)| t.phase == TaskPhase::Backoff)
            {
                let task_id = crate::TaskId { job: id, stage: ix as u32, shard: shard as u32 };
                self.timers.unset(task.at, Timer::Backoff(task_id));
            }
        }
    }

    /// A job that succeeded owns its dedup id from then on.
    fn own_dedup(&mut self, id: crate::JobId) {
        let dedup = self.jobs.get(&id).and_then(|j| j.spec.dedup.as_deref());
        if let Some(owner) = dedup.and_then(|dedup| self.dedup.get_mut(dedup)).filter(|d| d.job == id) {
            owner.succeeded = true;
        }
    }

    fn forget_dedup_timer(&mut self, dedup: &str) {
        if let Some((name, Dedup { until: Some(at), .. })) = self.dedup.get_key_value(dedup) {
            self.timers.unset(*at, Timer::Dedup(name.clone()));
        }
    }
}

/// An ended job runs again; the tasks that do so are named by [`TasksReset`](super::TasksReset).
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobRetried {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// Which run it is now.
    #[prost(uint32, tag = "2")]
    pub run: u32,
}

impl JobRetried {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobRetried", id)?;
        let retain = job.retained_until();
        job.set_phase("JobRetried", JobPhase::Running)?;
        job.run = self.run;
        job.ended = None;
        job.fail_reason = None;
        if let Some(at) = retain {
            state.timers.unset(at, Timer::Retain(id));
        }
        state.requeue_all(id);
        Ok(())
    }
}

/// An ended job left memory.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct JobPurged {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
}

impl JobPurged {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let id = self.job.id();
        let job = state.job_mut("JobPurged", id)?;
        if !job.phase.is_terminal() {
            return Err(EvolveError { effect: "JobPurged", what: format!("job {id} is {}", job.phase) });
        }
        state.drop_task_timers(id);
        let Some(job) = state.jobs.remove(&id) else { return Ok(()) };
        if let (true, Some(due)) = (job.held, job.spec.due) {
            state.timers.unset(due, Timer::Due(id));
        }
        if let Some(at) = job.retained_until() {
            state.timers.unset(at, Timer::Retain(id));
        }
        let Some(dedup) = &job.spec.dedup else { return Ok(()) };
        let name: Arc<str> = dedup.as_str().into();
        match state.dedup.get_mut(&name).filter(|d| d.job == id) {
            Some(owner) if owner.succeeded => {
                let until = Millis(self.at).plus_ms(DEDUP_RETAIN_MS);
                owner.until = Some(until);
                state.timers.set(until, Timer::Dedup(name));
            }
            Some(_) => drop(state.dedup.remove(&name)),
            None => {}
        }
        Ok(())
    }
}

/// A dedup id was forgotten, long after its job was purged.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DedupForgotten {
    /// The id.
    #[prost(string, tag = "1")]
    pub dedup: String,
}

impl DedupForgotten {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        state.forget_dedup_timer(&self.dedup);
        state.dedup.remove(self.dedup.as_str());
        Ok(())
    }
}

/// The live parameters of a job changed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ParamsSet {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// Their version.
    #[prost(uint32, tag = "2")]
    pub version: u32,
    /// Bytes that only workers understand.
    #[prost(bytes = "vec", tag = "3")]
    pub params: Vec<u8>,
}

impl ParamsSet {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let job = state.job_mut("ParamsSet", self.job.id())?;
        job.params = LiveParams { version: self.version, bytes: self.params.into() };
        Ok(())
    }
}

/// A line was added to a job's history.
#[derive(Clone, PartialEq, prost::Message)]
pub struct HistoryNoted {
    /// The job.
    #[prost(message, required, tag = "1")]
    pub job: JobRef,
    /// When, in milliseconds.
    #[prost(uint64, tag = "2")]
    pub at: u64,
    /// What happened.
    #[prost(string, tag = "3")]
    pub text: String,
    /// The build that runs the job from here on, if it is another one than before.
    #[prost(message, optional, tag = "4")]
    pub build: Option<BuildRecord>,
}

impl HistoryNoted {
    pub(crate) fn evolve(self, state: &mut State) -> Result<(), EvolveError> {
        let job = state.job_mut("HistoryNoted", self.job.id())?;
        let rebuilt = self.build.map(|to| Rebuilt { from: job.build, to: to.into() });
        job.build = rebuilt.map(|r| r.to).or(job.build);
        job.note(Note { at: Millis(self.at), text: self.text, rebuilt });
        Ok(())
    }
}
