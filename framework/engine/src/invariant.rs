//! The invariants, with ids used alike in debug assertions, the simulation, and `docs/ARCHITECTURE.md`.

use crate::{
    count::NodeCounts,
    id::{Fence, StageIx, TaskId},
    state::{Job, State},
    time::Millis,
    timer::Timer,
    transition::{JobPhase, TaskPhase},
};

/// One promise of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Invariant {
    /// A short name that never changes.
    pub id: &'static str,
    /// What is promised.
    pub promise: &'static str,
}

macro_rules! invariants {
    ($($name:ident $id:literal $promise:literal,)*) => {
        $(#[doc = $promise] pub const $name: Invariant = Invariant { id: $id, promise: $promise };)*
        /// All of them.
        pub const INVARIANTS: &[Invariant] = &[$($name,)*];
    };
}

invariants! {
    ONE_END "E1-one-end" "An accepted task ends in exactly one terminal state.",
    ONE_LEASE "E2-one-lease" "A task has at most one live lease.",
    FENCED "E3-fenced" "A report with an old fencing number changes nothing.",
    DEDUP "E4-dedup" "A dedup id succeeds once.",
    FORWARD "E5-forward" "A checkpoint never moves back.",
    LIMIT "E6-limit" "Nothing is leased beyond a limit.",
    NO_STALL "E7-no-stall" "Nothing waits for ever with capacity free.",
    COUNTS "E8-counts" "A job's counts equal the sum over its shards, and those what was reported.",
    RECOVERY "E9-recovery" "Recovery from a prefix of the log gives a state the running engine had.",
    DURABLE_FIRST "E10-durable-first" "Nothing leaves before what made it is durable.",
    ONE_REPLY "E11-one-reply" "A request gets exactly one reply.",
    DERIVED "E12-derived" "Queue, timers and live attempts follow from what is durable.",
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant {} does not hold: {what}", .invariant.id)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

fn violated<T>(invariant: Invariant, what: String) -> Result<T, Violation> {
    Err(Violation { invariant, what })
}

/// Whether one more lease of a stage stays within the limits.
pub(crate) fn within_limits(job: &Job, stage: StageIx) -> bool {
    let free = |limit: Option<u32>, live: u32| limit.is_none_or(|limit| live < limit);
    let policy = &job.plan.stages[stage as usize].policy;
    free(policy.concurrency, job.stages[stage as usize].live()) && free(job.concurrency, job.live)
}

/// Checks all that can be seen in one state. Takes time in the number of tasks: for tests and the simulation.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(state: &State) -> Result<(), Violation> {
    let mut live = 0;
    for job in state.jobs.values() {
        live += check_job(state, job)?;
    }
    if live != state.live.len() {
        return violated(
            ONE_LEASE,
            format!("{live} tasks are leased, and {} attempts live", state.live.len()),
        );
    }
    check_derived(state)
}

fn check_job(state: &State, job: &Job) -> Result<usize, Violation> {
    let mut live = 0;
    let mut totals = vec![NodeCounts::default(); job.totals.len()];
    for (ix, stage) in job.stages.iter().enumerate() {
        let mut by_phase = [0; 7];
        for (shard, task) in stage.tasks.iter().enumerate() {
            by_phase[task.phase.index()] += 1;
            let id = TaskId { job: job.id, stage: ix as u32, shard: shard as u32 };
            let valid = state.live_attempt(id, Fence(task.fence)).is_some();
            if (task.phase == TaskPhase::Leased) != valid {
                return violated(
                    ONE_LEASE,
                    format!("task {id} is {}, and its attempt lives: {valid}", task.phase),
                );
            }
            if job.phase.is_terminal() && task.phase == TaskPhase::Leased {
                return violated(
                    ONE_END,
                    format!("job {} is {}, and task {id} is leased", job.id, job.phase),
                );
            }
            if stage.ready.contains(&id.shard) != (task.phase == TaskPhase::Ready) {
                return violated(DERIVED, format!("task {id} is {}", task.phase));
            }
            for node in task.counts.iter() {
                totals[node.node as usize].add(&node.counts);
            }
        }
        if by_phase != stage.by_phase {
            return violated(DERIVED, format!("stage {ix} of job {} has {by_phase:?}", job.id));
        }
        live += stage.live() as usize;
    }
    if totals != job.totals {
        return violated(COUNTS, format!("job {}: {:?} and {totals:?}", job.id, job.totals));
    }
    if live != job.live as usize {
        return violated(DERIVED, format!("job {} has {live} live attempts, not {}", job.id, job.live));
    }
    if job.phase == JobPhase::Succeeded && !job.all_ended() {
        return violated(ONE_END, format!("job {} succeeded with tasks that have not ended", job.id));
    }
    if job.phase == JobPhase::Cancelled && job.stages.iter().any(|s| !s.ended() && s.opened) {
        return violated(ONE_END, format!("job {} was cancelled, and a task of it has not ended", job.id));
    }
    Ok(live)
}

/// Compares what is derived with what a snapshot read back derives.
fn check_derived(state: &State) -> Result<(), Violation> {
    let mut bytes = Vec::new();
    state.write_snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    let copy = match State::read_snapshot(&bytes) {
        Ok(copy) => copy,
        Err(e) => return violated(RECOVERY, format!("its snapshot cannot be read: {e}")),
    };
    if copy.digest() != state.digest() {
        return violated(RECOVERY, "its snapshot reads back as another state".to_owned());
    }
    if copy.queue != state.queue {
        return violated(DERIVED, format!("the queue is {:?} and should be {:?}", state.queue, copy.queue));
    }
    let (has, should) = (durable_timers(state), durable_timers(&copy));
    if has != should {
        let differ =
            has.iter().filter(|t| !should.contains(t)).chain(should.iter().filter(|t| !has.contains(t)));
        let differ: Vec<_> = differ.collect();
        return violated(DERIVED, format!("timers differ from what tasks and jobs ask for: {differ:?}"));
    }
    Ok(())
}

/// Timers that follow from what is durable: all but those of leases, time-outs and graces.
fn durable_timers(state: &State) -> Vec<&(Millis, Timer)> {
    let volatile = |t: &Timer| matches!(t, Timer::Lease(..) | Timer::Timeout(..) | Timer::Grace(..));
    state.timers.iter().filter(|(_, t)| !volatile(t)).collect()
}
