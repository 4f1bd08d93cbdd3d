//! What follows a failed attempt: back-off, another try, giving up an item, giving up the task.

use crate::{
    backoff::{chance, delay_ms},
    decide::Decide,
    effect::{AttemptFailed, Verdict},
    failure::{Class, Place},
    id::TaskId,
    limit::{
        MAX_ERROR_BYTES, MAX_EXHAUSTED, MAX_FRUITLESS_IN_A_ROW, MAX_LOST_IN_A_ROW, MAX_NAME_BYTES,
        MAX_RETRY_AFTER_MS, MAX_THROTTLED_IN_A_ROW,
    },
    plan::{NodePolicy, Retry},
    state::{Job, Retries, Task},
    time::Millis,
};

/// A failed attempt, before it is decided what follows.
#[derive(Clone, Debug)]
pub(crate) struct Failing {
    pub(crate) class: Class,
    pub(crate) place: Option<Place>,
    pub(crate) node: Option<u32>,
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Failing {
    /// A failure that no processor reported.
    pub(crate) fn of(class: Class, text: &str) -> Self {
        Self {
            class,
            place: None,
            node: None,
            code: String::new(),
            text: text.to_owned(),
            retry_after_ms: None,
        }
    }
}

/// What follows, and what the task remembers.
struct Ruling {
    verdict: Verdict,
    retries: Retries,
    exhausted: bool,
}

impl Decide<'_> {
    /// Ends the live attempt of a task as failed.
    pub(crate) fn fail_attempt(&mut self, id: TaskId, failing: Failing) {
        let Some(job) = self.state.jobs.get(&id.job) else { return };
        let Some(task) = self.state.task_ref(id) else { return };
        let node = failing.place.map(|p| p.node).or(failing.node);
        let ruling = rule(job, id, task, &failing, self.now);
        let (verdict, until) = match ruling.verdict {
            Verdict::BackOff(until) => (1, until.0),
            Verdict::Again => (2, 0),
            Verdict::GiveUp => (3, 0),
        };
        let stage = &job.plan.stages[id.stage as usize];
        let counted_at = node.or(stage.nodes.first().map(|n| n.node)).unwrap_or(0);
        let effect = AttemptFailed {
            task: id.into(),
            at: self.now.0,
            class: failing.class.index() as u32,
            place: failing.place.map(Into::into),
            node,
            code: truncate(failing.code, MAX_NAME_BYTES),
            text: truncate(failing.text, MAX_ERROR_BYTES),
            verdict,
            until,
            exhausted: ruling.exhausted,
            count: ruling.retries.count,
            lost: ruling.retries.lost,
            throttled: ruling.retries.throttled,
            fruitless: ruling.retries.fruitless,
            counted_at,
            retry_place: ruling.retries.place.map(Into::into),
        };
        self.emit(Box::new(effect));
        if ruling.verdict == Verdict::GiveUp {
            self.task_ended(id);
        } else {
            self.attempt_ended(id.job);
        }
    }
}

/// Decides what follows.
fn rule(job: &Job, id: TaskId, task: &Task, failing: &Failing, now: Millis) -> Ruling {
    let mut retries = task.retries();
    retries.fruitless = retries.fruitless.saturating_add(1);
    if retries.fruitless > MAX_FRUITLESS_IN_A_ROW {
        return Ruling { verdict: Verdict::GiveUp, retries, exhausted: false };
    }
    let policy = node_policy(job, id, failing);
    let retry = policy.and_then(|p| p.retry).unwrap_or_default();
    let draw = chance(job.spec.seed, id, task.attempt);
    let wait = |count| now.plus_ms(delay_ms(&retry, count, draw).min(MAX_RETRY_AFTER_MS));
    match failing.class {
        Class::Fatal => Ruling { verdict: Verdict::GiveUp, retries, exhausted: false },
        Class::Lost => {
            retries.lost += 1;
            let verdict = if retries.lost > MAX_LOST_IN_A_ROW { Verdict::GiveUp } else { Verdict::Again };
            Ruling { verdict, retries, exhausted: false }
        }
        Class::Throttled if retries.throttled < MAX_THROTTLED_IN_A_ROW => {
            retries.throttled += 1;
            let asked = failing.retry_after_ms.map(|ms| now.plus_ms(ms.min(MAX_RETRY_AFTER_MS)));
            let until = asked.unwrap_or_else(|| wait(retries.throttled));
            Ruling { verdict: Verdict::BackOff(until), retries, exhausted: false }
        }
        Class::Throttled | Class::Retryable | Class::Panic | Class::TimedOut => {
            let skips = policy.is_some_and(|p| p.skip.is_some());
            rule_by_place(task, failing.place, skips, retry, retries, wait)
        }
    }
}

/// Counts the failures at one place. Past the limit an item is given up where the node allows it, else the task is.
fn rule_by_place(
    task: &Task,
    place: Option<Place>,
    skips: bool,
    retry: Retry,
    mut retries: Retries,
    wait: impl Fn(u32) -> Millis,
) -> Ruling {
    retries.count = if retries.count > 0 && retries.place == place { retries.count + 1 } else { 1 };
    retries.place = place;
    if retries.count <= retry.max {
        return Ruling { verdict: Verdict::BackOff(wait(retries.count)), retries, exhausted: false };
    }
    let known = task.exhausted();
    let exhausted = skips && known.len() < MAX_EXHAUSTED && place.is_some_and(|p| !known.contains(&p));
    if !exhausted {
        return Ruling { verdict: Verdict::GiveUp, retries, exhausted };
    }
    (retries.count, retries.place) = (0, None);
    Ruling { verdict: Verdict::Again, retries, exhausted }
}

/// The policy of the node that failed.
fn node_policy<'a>(job: &'a Job, id: TaskId, failing: &Failing) -> Option<&'a NodePolicy> {
    let nodes = &job.plan.stages[id.stage as usize].nodes;
    match failing.place.map(|p| p.node).or(failing.node) {
        Some(node) => nodes.iter().find(|n| n.node == node).map(|n| &n.policy),
        None => nodes.first().map(|n| &n.policy),
    }
}

/// The text, cut at a character so that it is no longer than `max` bytes.
pub(crate) fn truncate(mut text: String, max: usize) -> String {
    if text.len() > max {
        let cut = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(cut);
    }
    text
}
