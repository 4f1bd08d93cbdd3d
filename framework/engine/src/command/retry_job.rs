//! A client runs the failed part of a job, or all of it, again.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    decide::Decide,
    effect::{JobRetried, RESET_AGAIN, RESET_FRESH, TasksReset},
    id::{JobId, ShardIx, StageIx},
    output::{Answer, Refusal, RequestId},
    plan::Source,
    settle::depends_whole,
    state::Job,
    transition::{JobPhase, TaskPhase},
};

/// Runs a job again, with its original shard plan.
///
/// On a failed job, failed tasks go on from their last checkpoint. On a succeeded one whose barriers tolerated
/// failures, those tasks run again, and whatever is downstream of them from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryJob {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// The job; failed or succeeded.
    pub job: JobId,
    /// Only what failed. Otherwise every shard runs again from its beginning; only splitters keep their results.
    pub failed_only: bool,
}

/// Shards by stage.
type Tasks = BTreeMap<StageIx, BTreeSet<ShardIx>>;

impl RetryJob {
    pub(crate) fn apply(self, cx: &mut Decide<'_>) {
        let request = self.request;
        let result = self.retry(cx);
        cx.reply(request, result);
    }

    fn retry(self, cx: &mut Decide<'_>) -> Result<Answer, Refusal> {
        let job =
            cx.expect_phase(self.job, "retried", |p| matches!(p, JobPhase::Failed | JobPhase::Succeeded))?;
        check_dedup(cx, job)?;
        let (again, fresh) =
            if self.failed_only { failed_part(job)? } else { (Tasks::new(), everything(job)) };
        let run = if fresh.is_empty() { job.run } else { job.run + 1 };
        let reset = |how, tasks: Tasks| {
            tasks.into_iter().map(move |(stage, shards)| TasksReset {
                job: self.job.into(),
                stage,
                how,
                shards: shards.into_iter().collect(),
            })
        };
        let resets: Vec<_> = reset(RESET_AGAIN, again).chain(reset(RESET_FRESH, fresh)).collect();
        cx.emit(JobRetried { job: self.job.into(), run });
        for effect in resets {
            cx.emit(effect);
        }
        cx.job_changed(self.job);
        cx.sweep(self.job);
        Ok(Answer::Done)
    }
}

/// A dedup id succeeds once: a job whose id another has taken over cannot run again.
fn check_dedup(cx: &Decide<'_>, job: &Job) -> Result<(), Refusal> {
    let Some(dedup) = &job.spec.dedup else { return Ok(()) };
    match cx.state.dedup.get(dedup.as_str()) {
        Some(owner) if owner.job != job.id => {
            Err(Refusal::DedupTaken { job: job.id, owner: owner.job, dedup: dedup.clone() })
        }
        _ => Ok(()),
    }
}

/// Every task but those of splitters, whose shard plan stays; a splitter that failed runs again.
fn everything(job: &Job) -> Tasks {
    let stages =
        (0..job.stages.len() as StageIx).filter(|s| !job.splits(*s) || !job.stages[*s as usize].ended_well());
    stages.map(|s| (s, (0..job.stages[s as usize].tasks.len() as ShardIx).collect())).collect()
}

/// What failed and goes on from its checkpoint, and what is downstream of it and starts from its beginning.
fn failed_part(job: &Job) -> Result<(Tasks, Tasks), Refusal> {
    if let Some((node, given_up, limit)) = job.skip_limit_passed() {
        return Err(Refusal::Invalid(format!(
            "node {node} gave up {given_up} items, and its skip limit is {limit}: raise the limit, or run all of it again"
        )));
    }
    let mut again = Tasks::new();
    for (ix, stage) in job.stages.iter().enumerate().filter(|(_, s)| s.count(TaskPhase::Failed) > 0) {
        // What a failed job tolerated stays tolerated: what read it went on without.
        if job.phase == JobPhase::Succeeded || !job.tolerates(ix as StageIx) {
            let failed = stage.tasks.iter().enumerate().filter(|(_, t)| t.phase == TaskPhase::Failed);
            again.insert(ix as StageIx, failed.map(|(shard, _)| shard as ShardIx).collect());
        }
    }
    if job.phase == JobPhase::Succeeded && again.is_empty() {
        return Err(Refusal::Invalid(format!(
            "nothing of job {} failed: to run all of it again, say so",
            job.id
        )));
    }
    let fresh = downstream(job, &again);
    // What failed and reads what runs again cannot go on from its checkpoint: it read something else.
    for (stage, shards) in &fresh {
        if let Some(failed) = again.get_mut(stage) {
            failed.retain(|shard| !shards.contains(shard));
        }
    }
    again.retain(|_, shards| !shards.is_empty());
    Ok((again, fresh))
}

/// Tasks that read, directly or not, what the given tasks left, and have begun. Stages stand in topological order.
fn downstream(job: &Job, again: &Tasks) -> Tasks {
    let mut fresh = Tasks::new();
    for (ix, plan) in job.plan.stages.iter().enumerate() {
        let ix = ix as StageIx;
        let stage = &job.stages[ix as usize];
        let mut shards = BTreeSet::new();
        for from in again.keys().chain(fresh.keys()) {
            if depends_whole(plan, *from) {
                shards.extend(0..stage.tasks.len() as ShardIx);
            } else if matches!(&plan.source, Source::Spool(inputs) if inputs.iter().any(|i| i.stage == *from))
            {
                shards.extend(again.get(from).into_iter().chain(fresh.get(from)).flatten().copied());
            }
        }
        let begun = |shard: &ShardIx| {
            let task = stage.tasks.get(*shard as usize);
            task.is_some_and(|t| t.phase != TaskPhase::Waiting || t.attempt > 0)
        };
        shards.retain(begun);
        if !shards.is_empty() {
            fresh.insert(ix, shards);
        }
    }
    fresh
}
