//! What status shows of the state: jobs, stages, tasks.

use std::{collections::VecDeque, sync::Arc};

use super::{Job, State, Task};
use crate::{
    count::{NodeCounts, Tally},
    failure::{Failure, Place},
    id::{Fence, JobId, StageIx, TaskId, WorkerId},
    job::{Build, JobSpec, LiveParams, Note},
    plan::Plan,
    report::{Artifact, Checkpoint, Shard},
    time::Millis,
    transition::{JobPhase, TaskPhase},
};

impl State {
    /// All jobs in memory, by id.
    pub fn jobs(&self) -> impl Iterator<Item = JobView<'_>> {
        self.jobs.values().map(JobView)
    }

    /// One job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<JobView<'_>> {
        self.jobs.get(&id).map(JobView)
    }

    /// One task.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<TaskView<'_>> {
        self.job(id.job)?.task(id.stage, id.shard)
    }

    /// The job that owns a dedup id; it may have been purged.
    #[must_use]
    pub fn dedup_owner(&self, dedup: &str) -> Option<JobId> {
        self.dedup.get(dedup).map(|d| d.job)
    }
}

/// A job, to be read.
#[derive(Clone, Copy, Debug)]
pub struct JobView<'a>(&'a Job);

impl<'a> JobView<'a> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.0.id
    }

    /// As it was submitted.
    #[must_use]
    pub fn spec(&self) -> &'a Arc<JobSpec> {
        &self.0.spec
    }

    /// The plan with the policies now in force.
    #[must_use]
    pub fn plan(&self) -> &'a Arc<Plan> {
        &self.0.plan
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> JobPhase {
        self.0.phase
    }

    /// Whether it waits for its due time.
    #[must_use]
    pub fn held(&self) -> bool {
        self.0.held
    }

    /// Why it is paused, if it is.
    #[must_use]
    pub fn pause_reason(&self) -> Option<&'a str> {
        self.0.pause_reason.as_deref()
    }

    /// Why it failed, or is about to.
    #[must_use]
    pub fn fail_reason(&self) -> Option<&'a str> {
        self.0.fail_reason.as_deref()
    }

    /// When it was submitted.
    #[must_use]
    pub fn created(&self) -> Millis {
        self.0.created
    }

    /// When its first task was handed out.
    #[must_use]
    pub fn started(&self) -> Option<Millis> {
        self.0.started
    }

    /// When it ended.
    #[must_use]
    pub fn ended(&self) -> Option<Millis> {
        self.0.ended
    }

    /// Which run it is, counted from 1.
    #[must_use]
    pub fn run(&self) -> u32 {
        self.0.run
    }

    /// Its live parameters.
    #[must_use]
    pub fn params(&self) -> &'a LiveParams {
        &self.0.params
    }

    /// Its priority now.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.0.priority
    }

    /// Its limit of running attempts now.
    #[must_use]
    pub fn concurrency(&self) -> Option<u32> {
        self.0.concurrency
    }

    /// Attempts that run.
    #[must_use]
    pub fn live(&self) -> u32 {
        self.0.live
    }

    /// Counts per node, by its place in the graph, over all tasks.
    #[must_use]
    pub fn totals(&self) -> &'a [NodeCounts] {
        &self.0.totals
    }

    /// Its last failures.
    #[must_use]
    pub fn failures(&self) -> &'a VecDeque<Failure> {
        &self.0.failures
    }

    /// Its history.
    #[must_use]
    pub fn notes(&self) -> &'a VecDeque<Note> {
        &self.0.notes
    }

    /// The build of the program that ran it last, if that is known.
    #[must_use]
    pub fn build(&self) -> Option<Build> {
        self.0.build
    }

    /// Its stages.
    #[must_use]
    pub fn stages(&self) -> Vec<StageView<'a>> {
        let views = self.0.plan.stages.iter().zip(&self.0.stages);
        views
            .map(|(plan, stage)| StageView {
                name: &plan.name,
                group: &plan.group,
                shards: stage.opened.then_some(stage.tasks.len() as u32),
                tasks: stage.by_phase,
                live: stage.live(),
            })
            .collect()
    }

    /// The tasks of a stage, by shard; none while its shards are not known.
    pub fn tasks(&self, stage: StageIx) -> impl Iterator<Item = TaskView<'a>> + use<'a> {
        let job = self.0;
        let shards = job.stages.get(stage as usize).map_or(0, |s| s.tasks.len()) as u32;
        (0..shards).filter_map(move |shard| JobView(job).task(stage, shard))
    }

    /// One task.
    #[must_use]
    pub fn task(&self, stage: StageIx, shard: u32) -> Option<TaskView<'a>> {
        let task = self.0.stages.get(stage as usize)?.tasks.get(shard as usize)?;
        Some(TaskView { job: self.0, id: TaskId { job: self.0.id, stage, shard }, task })
    }
}

/// A stage, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its group.
    pub group: &'a str,
    /// How many shards it has, once that is known.
    pub shards: Option<u32>,
    /// Tasks by phase, in the order of [`TASK_PHASES`](crate::TASK_PHASES).
    pub tasks: [u32; 7],
    /// Attempts that run.
    pub live: u32,
}

/// A task, to be read.
#[derive(Clone, Copy, Debug)]
pub struct TaskView<'a> {
    job: &'a Job,
    id: TaskId,
    task: &'a Task,
}

impl<'a> TaskView<'a> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> TaskPhase {
        self.task.phase
    }

    /// Attempts so far.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.task.attempt
    }

    /// The fence of its last attempt; `Fence(0)` before the first.
    #[must_use]
    pub fn fence(&self) -> Fence {
        Fence(self.task.fence)
    }

    /// The worker of its last attempt.
    #[must_use]
    pub fn worker(&self) -> Option<WorkerId> {
        (self.task.fence > 0).then_some(WorkerId(self.task.worker))
    }

    /// The version of the live parameters its last attempt started with.
    #[must_use]
    pub fn params_version(&self) -> u32 {
        self.task.params_version
    }

    /// Leased since, backing off until, or ended at, by phase.
    #[must_use]
    pub fn at(&self) -> Millis {
        self.task.at
    }

    /// Its last checkpoint, while it is not done.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&'a Checkpoint> {
        self.task.checkpoint()
    }

    /// The number of its last checkpoint; 0 when there is none.
    #[must_use]
    pub fn checkpoint_seq(&self) -> u64 {
        self.task.seq()
    }

    /// What it left behind.
    #[must_use]
    pub fn artifacts(&self) -> &'a [Artifact] {
        self.task.artifacts()
    }

    /// What it gave the shell when it was done.
    #[must_use]
    pub fn result(&self) -> Option<&'a [u8]> {
        self.task.result().map(|r| &**r)
    }

    /// Its committed counts.
    #[must_use]
    pub fn counts(&self) -> &'a Tally {
        &self.task.counts
    }

    /// Places that its next attempt gives up.
    #[must_use]
    pub fn exhausted(&self) -> &'a [Place] {
        self.task.exhausted()
    }

    /// Failures in a row at the place where it failed last.
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.task.retries().count
    }

    /// Its shard's description, when a splitter found it.
    #[must_use]
    pub fn shard(&self) -> Option<&'a Arc<Shard>> {
        let splitter = self.job.splitter(self.id.stage)?;
        self.job.stages[splitter as usize].found.get(self.id.shard as usize)
    }
}
