//! Following the effects, one after another.

use std::time::Duration;

use dyeline_engine::{
    Class, JobPhase, NodeDelta, Place, Tally, TaskPhase,
    effect::{AttemptFailed, Effect, PolicySet, ProgressRecord, TaskLeased, TaskSucceeded, TasksReset},
    invariant::{COUNTS, DEDUP, FENCED, LIMIT, ONE_END, ONE_LEASE},
    plan::{Plan, Skip},
};

use super::{Broken, MJob, MTask, Model, broken};
use crate::sim::{Coverage, worker::read_mark};

impl Model {
    /// Follows one effect.
    pub(crate) fn follow(&mut self, effect: &Effect, coverage: &mut Coverage) -> Result<(), Broken> {
        match effect {
            Effect::JobSubmitted(e) => self.submitted(e),
            Effect::JobReleased(e) => {
                self.job(e.job.id())?.held = false;
                Ok(())
            }
            Effect::JobStarted(e) => {
                let job = self.job(e.job.id())?;
                job.started = true;
                job.go(JobPhase::Running, coverage)
            }
            Effect::JobPaused(e) => {
                let job = self.job(e.job.id())?;
                if job.phase == JobPhase::Paused { Ok(()) } else { job.go(JobPhase::Paused, coverage) }
            }
            Effect::JobResumed(e) => {
                let job = self.job(e.job.id())?;
                let next = if job.started { JobPhase::Running } else { JobPhase::Pending };
                job.go(next, coverage)
            }
            Effect::JobCancelling(e) => self.job(e.job.id())?.go(JobPhase::Cancelling, coverage),
            Effect::JobFailing(e) => self.job(e.job.id())?.go(JobPhase::Failing, coverage),
            Effect::JobEnded(e) => self.ended(e, coverage),
            Effect::JobRetried(e) => {
                let job = self.job(e.job.id())?;
                job.run = e.run;
                job.go(JobPhase::Running, coverage)
            }
            Effect::JobPurged(e) => {
                let id = e.job.id();
                if !self.job(id)?.phase.is_terminal() {
                    return broken(ONE_END, format!("job {id} was purged before it ended"));
                }
                self.jobs.remove(&id);
                self.purged.insert(id);
                Ok(())
            }
            Effect::ParamsSet(e) => {
                let job = self.job(e.job.id())?;
                if e.version != job.params_version + 1 {
                    return broken(
                        ONE_END,
                        format!("parameters {} follow {}", e.version, job.params_version),
                    );
                }
                job.params_version = e.version;
                Ok(())
            }
            Effect::PolicySet(e) => {
                set_policy(self.job(e.job.id())?, e);
                Ok(())
            }
            Effect::DedupForgotten(e) => {
                self.succeeded.remove(&e.dedup);
                Ok(())
            }
            Effect::HistoryNoted(_) => Ok(()),
            _ => self.follow_task(effect, coverage),
        }
    }

    /// Follows an effect on stages, tasks and attempts.
    fn follow_task(&mut self, effect: &Effect, coverage: &mut Coverage) -> Result<(), Broken> {
        match effect {
            Effect::ShardsFound(e) => {
                let found = self.job(e.job.id())?.found.entry(e.stage).or_default();
                if *found != e.first {
                    return broken(ONE_END, format!("shards from {} follow {found}: split twice", e.first));
                }
                *found += e.shards.len() as u32;
                Ok(())
            }
            Effect::StageOpened(e) => {
                let stage = &mut self.job(e.job.id())?.stages[e.stage as usize];
                if stage.is_some() {
                    return broken(ONE_END, format!("stage {} was opened twice", e.stage));
                }
                *stage = Some(vec![MTask::default(); e.shards as usize]);
                Ok(())
            }
            Effect::StageReleased(e) => {
                let job = self.job(e.job.id())?;
                for task in job.stages[e.stage as usize].iter_mut().flatten() {
                    if task.phase == TaskPhase::Waiting {
                        task.go(TaskPhase::Ready, coverage)?;
                    }
                }
                Ok(())
            }
            Effect::TasksReset(e) => reset(self.job(e.job.id())?, e, coverage),
            Effect::TaskReadied(e) => {
                let id = e.task.id();
                self.job(id.job)?.task(id.stage, id.shard)?.go(TaskPhase::Ready, coverage)
            }
            Effect::TaskLeased(e) => self.leased(e, coverage),
            Effect::TaskCheckpointed(e) => {
                let id = e.task.id();
                let fence = self.live.get(&id).map(|(fence, _)| *fence);
                self.progressed(id, fence, &e.progress)
            }
            Effect::TaskSucceeded(e) => self.succeeded(e, coverage),
            Effect::AttemptFailed(e) => self.failed(e, coverage),
            Effect::AttemptHandedBack(e) => {
                let id = e.task.id();
                let fence = self.end_attempt(id)?;
                if let Some(progress) = &e.progress {
                    self.progressed(id, Some(fence), progress)?;
                }
                self.job(id.job)?.task(id.stage, id.shard)?.go(TaskPhase::Ready, coverage)
            }
            Effect::OwnershipAcquired(_) => {
                for id in std::mem::take(&mut self.live).into_keys() {
                    self.job(id.job)?.task(id.stage, id.shard)?.go(TaskPhase::Ready, coverage)?;
                }
                Ok(())
            }
            other => broken(ONE_END, format!("{} is not an effect on tasks", other.name())),
        }
    }

    fn submitted(&mut self, e: &dyeline_engine::effect::JobSubmitted) -> Result<(), Broken> {
        let id = e.job.id();
        let plan: Plan = match serde_json::from_slice(&e.spec.plan) {
            Ok(plan) => plan,
            Err(e) => return broken(ONE_END, format!("a plan cannot be read: {e}")),
        };
        let job = MJob {
            phase: JobPhase::Pending,
            started: false,
            held: e.spec.due.is_some_and(|due| due > e.at),
            dedup: e.spec.dedup.clone(),
            concurrency: e.spec.concurrency,
            stages: vec![None; plan.stages.len()],
            found: Default::default(),
            params_version: 1,
            run: 1,
            plan,
        };
        if self.jobs.insert(id, job).is_some() || self.purged.contains(&id) {
            return broken(ONE_END, format!("job {id} was submitted twice"));
        }
        Ok(())
    }

    fn ended(&mut self, e: &dyeline_engine::effect::JobEnded, coverage: &mut Coverage) -> Result<(), Broken> {
        let id = e.job.id();
        let job = self.job(id)?;
        let next = match e.phase {
            5 => JobPhase::Succeeded,
            6 => JobPhase::Failed,
            7 => JobPhase::Cancelled,
            other => return broken(ONE_END, format!("job {id} ended as {other}")),
        };
        job.go(next, coverage)?;
        if job.live() > 0 {
            return broken(ONE_END, format!("job {id} ended with live attempts"));
        }
        if next == JobPhase::Cancelled {
            for task in job.stages.iter_mut().flatten().flatten().filter(|t| !t.phase.is_terminal()) {
                task.go(TaskPhase::Cancelled, coverage)?;
            }
        }
        if next == JobPhase::Succeeded {
            let stages = job.plan.stages.len() as u32;
            if let Some(stage) = (0..stages).find(|s| !job.ended(*s) || !job.accepts_failures(*s)) {
                return broken(
                    ONE_END,
                    format!("job {id} succeeded, stage {stage} did not: {}", job.describe()),
                );
            }
            if let Some(dedup) = job.dedup.clone() {
                let all = self.succeeded.entry(dedup.clone()).or_default();
                all.insert(id);
                if all.len() > 1 {
                    return broken(DEDUP, format!("dedup id {dedup} succeeded as {all:?}"));
                }
            }
        }
        Ok(())
    }

    fn leased(&mut self, e: &TaskLeased, coverage: &mut Coverage) -> Result<(), Broken> {
        let id = e.task.id();
        if let Some((fence, _)) = self.live.get(&id) {
            return broken(ONE_LEASE, format!("task {id} was leased as {} while {fence} is live", e.fence));
        }
        if e.fence <= self.last_fence {
            return broken(FENCED, format!("fence {} follows fence {}", e.fence, self.last_fence));
        }
        self.last_fence = e.fence;
        self.live.insert(id, (e.fence, e.worker));
        let job = self.job(id.job)?;
        if !matches!(job.phase, JobPhase::Running) || job.held {
            return broken(ONE_END, format!("task {id} was leased while its job is {}", job.phase));
        }
        if !job.may_run(id.stage, id.shard) {
            return broken(
                ONE_END,
                format!("task {id} was leased before its inputs were there: {}", job.describe()),
            );
        }
        let stage_limit =
            job.plan.stages[id.stage as usize].nodes.iter().filter_map(|n| n.policy.concurrency).min();
        let full = |limit: Option<u32>, live: usize| limit.is_some_and(|limit| live >= limit as usize);
        if full(stage_limit, job.live_in(id.stage)) || full(job.concurrency, job.live()) {
            return broken(LIMIT, format!("task {id} was leased beyond a limit"));
        }
        job.task(id.stage, id.shard)?.go(TaskPhase::Leased, coverage)
    }

    /// What a report committed: whose it was, whether it moves forward, what it counts.
    fn progressed(
        &mut self,
        id: dyeline_engine::TaskId,
        fence: Option<u64>,
        progress: &ProgressRecord,
    ) -> Result<(), Broken> {
        let Some(fence) = fence else {
            return broken(FENCED, format!("task {id} made progress without a live attempt"));
        };
        if let Some((by, _)) = read_mark(&progress.bytes).filter(|(by, _)| *by != fence) {
            return broken(FENCED, format!("task {id} took a report of {by} while {fence} is live"));
        }
        self.committed.insert((id, fence, progress.seq));
        let task = self.job(id.job)?.task(id.stage, id.shard)?;
        task.advance(progress.seq, progress.row)?;
        let Some(counts) = Tally::from_bytes(&progress.counts) else {
            return broken(COUNTS, format!("counts of task {id} cannot be read"));
        };
        add(task, counts.iter());
        task.artifacts.extend(progress.artifacts.iter().map(|a| (a.output, a.bytes.clone())));
        Ok(())
    }

    fn end_attempt(&mut self, id: dyeline_engine::TaskId) -> Result<u64, Broken> {
        match self.live.remove(&id) {
            Some((fence, _)) => Ok(fence),
            None => broken(ONE_END, format!("an attempt of task {id} ended that was not live")),
        }
    }

    fn succeeded(&mut self, e: &TaskSucceeded, coverage: &mut Coverage) -> Result<(), Broken> {
        let id = e.task.id();
        let fence = self.end_attempt(id)?;
        if let Some((by, _)) = read_mark(&e.result).filter(|(by, _)| *by != fence) {
            return broken(FENCED, format!("task {id} was completed by {by} while {fence} is live"));
        }
        self.progressed(id, Some(fence), &e.progress)?;
        self.done.insert((id, fence));
        self.job(id.job)?.task(id.stage, id.shard)?.go(TaskPhase::Succeeded, coverage)
    }

    fn failed(&mut self, e: &AttemptFailed, coverage: &mut Coverage) -> Result<(), Broken> {
        let id = e.task.id();
        let fence = self.end_attempt(id)?;
        // Simulated workers put their fence into the code; failures that the engine finds itself have none.
        if e.code.parse().is_ok_and(|by: u64| by != fence) {
            return broken(FENCED, format!("task {id} was failed by {} while {fence} is live", e.code));
        }
        let Some(class) = Class::from_index(e.class) else {
            return broken(COUNTS, format!("class {}", e.class));
        };
        let job = self.job(id.job)?;
        let policy = retries(job, id.stage, e);
        let task = job.task(id.stage, id.shard)?;
        let mut counts =
            dyeline_engine::NodeCounts { retried: u64::from(e.verdict != 3), ..Default::default() };
        counts.failed[class.index()] = 1;
        add(task, std::iter::once(NodeDelta { node: e.counted_at, counts }));
        judge(task, class, e, policy)?;
        let next = match e.verdict {
            1 => TaskPhase::Backoff,
            2 => TaskPhase::Ready,
            _ => TaskPhase::Failed,
        };
        task.go(next, coverage)
    }
}

fn add(task: &mut MTask, deltas: impl Iterator<Item = NodeDelta>) {
    for delta in deltas {
        task.counts.entry(delta.node).or_default().add(&delta.counts);
    }
}

/// Retries, whether items can be given up, and the longest back-off of the node that failed.
fn retries(job: &MJob, stage: u32, e: &AttemptFailed) -> (u32, bool, Duration) {
    let nodes = &job.plan.stages[stage as usize].nodes;
    let node = e.place.map(|p| p.node).or(e.node);
    let found = node.map_or(nodes.first(), |node| nodes.iter().find(|n| n.node == node));
    let policy = found.map(|n| n.policy.clone()).unwrap_or_default();
    let retry = policy.retry.unwrap_or_default();
    (retry.max, policy.skip.is_some(), retry.backoff_max.max(retry.backoff_min))
}

/// Counts failures per place on its own, and compares what was ruled.
fn judge(
    task: &mut MTask,
    class: Class,
    e: &AttemptFailed,
    policy: (u32, bool, Duration),
) -> Result<(), Broken> {
    let (max, skips, longest) = policy;
    match class {
        Class::Fatal if e.verdict != 3 => return broken(COUNTS, "a fatal failure was retried"),
        Class::Lost if e.verdict == 1 => return broken(COUNTS, "a lost attempt backs off"),
        Class::Throttled if e.verdict != 1 => return broken(COUNTS, "a throttled attempt does not back off"),
        Class::Fatal | Class::Lost | Class::Throttled => return Ok(()),
        Class::Retryable | Class::Panic | Class::TimedOut => {}
    }
    let place: Option<Place> = e.place.map(Place::from);
    task.fail_count = if task.fail_count > 0 && task.fail_place == place { task.fail_count + 1 } else { 1 };
    task.fail_place = place;
    let want = if task.fail_count <= max {
        1
    } else if skips && place.is_some_and(|p| !task.exhausted.contains(&p)) {
        2
    } else {
        3
    };
    if e.verdict != want {
        return broken(
            COUNTS,
            format!("failure {} of {max} retries was ruled {}, not {want}", task.fail_count, e.verdict),
        );
    }
    if want == 1 && u128::from(e.until - e.at) > longest.as_millis() {
        return broken(COUNTS, format!("a back-off of {} ms is longer than {longest:?}", e.until - e.at));
    }
    if want == 2 {
        task.exhausted.extend(place);
        task.fail_count = 0;
    }
    Ok(())
}

fn reset(job: &mut MJob, e: &TasksReset, coverage: &mut Coverage) -> Result<(), Broken> {
    for shard in &e.shards {
        let task = job.task(e.stage, *shard)?;
        if e.how == 1 {
            task.go(TaskPhase::Ready, coverage)?;
            task.exhausted.clear();
        } else {
            if task.phase != TaskPhase::Waiting {
                task.go(TaskPhase::Waiting, coverage)?;
            }
            *task = MTask::default();
        }
        (task.fail_place, task.fail_count) = (None, 0);
    }
    Ok(())
}

fn set_policy(job: &mut MJob, e: &PolicySet) {
    let small = e.number.map(|n| n as u32);
    if e.field == 1 {
        job.concurrency = small;
    }
    let nodes = job.plan.stages.iter_mut().flat_map(|s| &mut s.nodes);
    for node in nodes.filter(|n| n.node == e.node) {
        match e.field {
            3 => node.policy.concurrency = small,
            4 => {
                let span = |nanos: Option<u64>| Duration::from_nanos(nanos.unwrap_or(0));
                node.policy.retry = small.map(|max| dyeline_engine::plan::Retry {
                    max,
                    backoff_min: span(e.nanos),
                    backoff_max: span(e.nanos_max),
                });
            }
            5 => node.policy.skip = e.number.map(|limit| Skip { limit }),
            _ => {}
        }
    }
}
