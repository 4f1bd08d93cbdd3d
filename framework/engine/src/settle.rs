//! What follows when an attempt or a task ends: other stages open, jobs end.

use crate::{
    decide::Decide,
    effect::{JobEnded, JobFailing, StageOpened, StageReleased, TaskReadied},
    id::{JobId, StageIx, TaskId},
    limit::MAX_TASKS,
    output::Output,
    plan::{ShardSource, Source},
    transition::{JobPhase, TaskPhase},
};

/// One thing that may follow from another.
enum Step {
    /// A stage's shards may be known now.
    Open(StageIx),
    /// All tasks of a stage have ended.
    Ended(StageIx),
}

impl Decide<'_> {
    /// After a job was submitted or retried: opens and releases whatever can be.
    pub(crate) fn sweep(&mut self, job: JobId) {
        let Some(j) = self.state.jobs.get(&job) else { return };
        let stages: Vec<StageIx> = (0..j.stages.len() as StageIx).collect();
        // From the last to the first, because steps are taken from the end: producers come before consumers.
        let steps = stages.iter().rev().map(|s| Step::Open(*s)).collect();
        self.cascade(job, steps);
        for stage in stages {
            self.try_release(job, stage);
        }
    }

    /// After a task succeeded or failed.
    pub(crate) fn task_ended(&mut self, id: TaskId) {
        let Some(job) = self.state.jobs.get(&id.job) else { return };
        let stage = &job.stages[id.stage as usize];
        let ended = stage.ended();
        let succeeded = stage.tasks[id.shard as usize].phase == TaskPhase::Succeeded;
        if succeeded {
            self.release_same_shard(id);
        } else if let Some(reason) = self.intolerable(id) {
            self.fail_job(id.job, reason);
        }
        if ended {
            let steps = vec![Step::Ended(id.stage)];
            self.cascade(id.job, steps);
        }
        self.attempt_ended(id.job);
    }

    /// Why a job cannot go on after a task of it failed, if so.
    fn intolerable(&self, id: TaskId) -> Option<String> {
        let job = self.state.jobs.get(&id.job)?;
        if job.tolerates(id.stage) {
            return None;
        }
        let stage = &job.stages[id.stage as usize];
        let (failed, all) = (stage.count(TaskPhase::Failed), stage.tasks.len());
        let name = &job.plan.stages[id.stage as usize].name;
        let text = job.failures.back().map_or("", |f| f.text.as_str());
        Some(match job.tolerance(id.stage) {
            crate::state::Tolerance::Nothing => {
                format!("shard {} of stage `{name}` failed: {text}", id.shard)
            }
            crate::state::Tolerance::Ppm(ppm) => format!(
                "{failed} of {all} shards of stage `{name}` failed, and its barrier tolerates {}%: {text}",
                f64::from(ppm) / 10_000.0
            ),
        })
    }

    /// Makes the same shard of pipelined readers ready.
    fn release_same_shard(&mut self, id: TaskId) {
        let Some(job) = self.state.jobs.get(&id.job) else { return };
        let mut ready = Vec::new();
        for (reader, _) in &job.stages[id.stage as usize].readers {
            let waits = |t: &crate::state::Task| t.phase == TaskPhase::Waiting;
            if job.pipelined(*reader)
                && job.stages[*reader as usize].tasks.get(id.shard as usize).is_some_and(waits)
                && job.stage_ready(*reader)
                && job.shard_ready(*reader, id.shard)
                && !ready.contains(reader)
            {
                ready.push(*reader);
            }
        }
        for stage in ready {
            self.emit(TaskReadied { task: TaskId { stage, ..id }.into() });
        }
    }

    /// Follows steps until nothing more does. Steps instead of recursion, since a plan may have 2,000 stages in a row.
    fn cascade(&mut self, job: JobId, mut steps: Vec<Step>) {
        while let Some(step) = steps.pop() {
            let Some(j) = self.state.jobs.get(&job) else { return };
            match step {
                Step::Open(stage) => {
                    let Some(shards) = j.shard_count(stage).filter(|_| !j.stages[stage as usize].opened)
                    else {
                        continue;
                    };
                    self.emit(StageOpened { job: job.into(), stage, shards });
                    self.try_release(job, stage);
                    self.push_shaped(job, stage, &mut steps);
                    if shards == 0 {
                        steps.push(Step::Ended(stage));
                    }
                }
                Step::Ended(stage) => {
                    self.output(Output::StageEnded { job, stage });
                    if !self.goes_on(job) {
                        continue;
                    }
                    self.push_shaped(job, stage, &mut steps);
                    self.release_readers(job, stage);
                }
            }
        }
        let ended = self.state.jobs.get(&job).is_some_and(super::state::Job::all_ended);
        if ended && self.goes_on(job) {
            self.end_job(job, JobPhase::Succeeded);
        }
    }

    /// Stages whose shards come from this one may be opened.
    fn push_shaped(&self, job: JobId, stage: StageIx, steps: &mut Vec<Step>) {
        if let Some(j) = self.state.jobs.get(&job) {
            steps.extend(j.stages[stage as usize].shaped.iter().rev().map(|s| Step::Open(*s)));
        }
    }

    /// Releases what waited for all of a stage; publishers, when it was the last.
    fn release_readers(&mut self, job: JobId, stage: StageIx) {
        let Some(j) = self.state.jobs.get(&job) else { return };
        let mut readers: Vec<StageIx> = j.stages[stage as usize].readers.iter().map(|(r, _)| *r).collect();
        if !j.publishes(stage) && j.work_ended() {
            readers.extend((0..j.stages.len() as StageIx).filter(|s| j.publishes(*s)));
        }
        readers.dedup();
        for reader in readers {
            self.try_release(job, reader);
        }
    }

    /// Makes those waiting tasks of a stage ready whose inputs are there.
    fn try_release(&mut self, job: JobId, stage: StageIx) {
        let Some(j) = self.state.jobs.get(&job) else { return };
        let s = &j.stages[stage as usize];
        if s.count(TaskPhase::Waiting) == 0 || !j.stage_ready(stage) {
            return;
        }
        if !j.pipelined(stage) {
            self.emit(StageReleased { job: job.into(), stage });
            return;
        }
        let waiting = s.tasks.iter().enumerate().filter(|(_, t)| t.phase == TaskPhase::Waiting);
        let ready: Vec<u32> =
            waiting.map(|(shard, _)| shard as u32).filter(|i| j.shard_ready(stage, *i)).collect();
        for shard in ready {
            self.emit(TaskReadied { task: TaskId { job, stage, shard }.into() });
        }
    }

    /// Whether a job may still succeed.
    fn goes_on(&self, job: JobId) -> bool {
        let phase = self.state.jobs.get(&job).map(|j| j.phase);
        matches!(phase, Some(JobPhase::Pending | JobPhase::Running | JobPhase::Paused))
    }

    /// A job cannot succeed any more. The first reason stays.
    pub(crate) fn fail_job(&mut self, job: JobId, reason: String) {
        if !self.goes_on(job) {
            return;
        }
        self.emit(JobFailing { job: job.into(), reason });
        self.job_changed(job);
    }

    /// Fails a job when a node has given up more items than it may.
    pub(crate) fn check_skip_limit(&mut self, job: JobId) {
        let Some(j) = self.state.jobs.get(&job) else { return };
        let Some((node, given_up, limit)) = j.skip_limit_passed() else { return };
        let nodes = j.plan.stages.iter().flat_map(|s| &s.nodes);
        let name = nodes.filter(|n| n.node == node).map(|n| n.name.as_str()).next().unwrap_or("?");
        let reason = format!("node `{name}` gave up {given_up} items, and its skip limit is {limit}");
        self.fail_job(job, reason);
    }

    /// After an attempt ended: a job that waited for its last one ends.
    pub(crate) fn attempt_ended(&mut self, job: JobId) {
        let Some(j) = self.state.jobs.get(&job).filter(|j| j.live == 0) else { return };
        match j.phase {
            JobPhase::Failing => self.end_job(job, JobPhase::Failed),
            JobPhase::Cancelling => self.end_job(job, JobPhase::Cancelled),
            _ => {}
        }
    }

    fn end_job(&mut self, job: JobId, phase: JobPhase) {
        self.emit(JobEnded { job: job.into(), phase: phase.number(), at: self.now.0 });
        self.job_changed(job);
    }

    /// Whether so many shards of a splitter keep a job within [`MAX_TASKS`]; else the number it would have.
    pub(crate) fn tasks_with(&self, job: JobId, splitter: StageIx, shards: usize) -> Result<(), u64> {
        let Some(j) = self.state.jobs.get(&job) else { return Ok(()) };
        let fixed: u64 = j.stages.iter().map(|s| s.tasks.len() as u64).sum();
        let shaped = (0..j.stages.len() as StageIx).filter(|s| j.splitter(*s) == Some(splitter)).count();
        let all = fixed + shaped as u64 * shards as u64;
        if all > MAX_TASKS { Err(all) } else { Ok(()) }
    }
}

/// Whether a stage's source or shards come from another; used to find what is downstream.
pub(crate) fn depends_whole(stage: &crate::plan::Stage, on: StageIx) -> bool {
    match &stage.source {
        Source::Spool(inputs) => inputs.iter().any(|i| i.stage == on && i.all),
        Source::Parts(from, _) => *from == on,
        Source::Nothing | Source::Shard => matches!(stage.shards, ShardSource::Split(from) if from == on),
    }
}
