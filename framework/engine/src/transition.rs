//! Which phases follow which: the one table that jobs and tasks move by.

use std::fmt;

/// The phase of a job.
///
/// ```text
///            ┌──────────────▶ Cancelling ──▶ Cancelled
///            │                   ▲  ▲ ▲
/// Pending ──▶ Running ───────────┘  │ └── Failing ──▶ Failed ──▶ Running (retry)
///    │ ▲       ▲  │ └──▶ Succeeded ─┼──▶ Running (retry of tolerated shards)
///    ▼ │       │  ▼                 │
///   Paused ◀───┴▶ Paused ───────────┘     Running, Paused ──▶ Failing;  Paused ──▶ Succeeded
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobPhase {
    /// Accepted; nothing of it has run.
    Pending,
    /// Attempts of it run, or wait for a worker.
    Running,
    /// Nothing new is handed out; running attempts hand back at their next checkpoint.
    Paused,
    /// A task failed for good: nothing new is handed out, running attempts are let finish.
    Failing,
    /// Asked to be cancelled; attempts still run.
    Cancelling,
    /// Ended: all its tasks succeeded, or failed within what its barriers tolerate.
    Succeeded,
    /// Ended: a task failed. It can be retried.
    Failed,
    /// Ended: it was cancelled.
    Cancelled,
}

/// Every phase of a job; its place is its number in the log.
pub(crate) const JOB_PHASES: [JobPhase; 8] = [
    JobPhase::Pending,
    JobPhase::Running,
    JobPhase::Paused,
    JobPhase::Failing,
    JobPhase::Cancelling,
    JobPhase::Succeeded,
    JobPhase::Failed,
    JobPhase::Cancelled,
];

impl JobPhase {
    /// Whether it has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Whether its tasks may be handed out.
    #[must_use]
    pub fn hands_out(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }

    /// Whether a job may go from here to `next`: the table.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use JobPhase::{Cancelled, Cancelling, Failed, Failing, Paused, Pending, Running, Succeeded};
        matches!(
            (self, next),
            (Pending, Running | Paused | Cancelling)
                | (Running, Paused | Failing | Cancelling | Succeeded)
                | (Paused, Pending | Running | Failing | Cancelling | Succeeded)
                | (Failing, Failed | Cancelling)
                | (Cancelling, Cancelled)
                | (Failed | Succeeded, Running)
        )
    }

    /// The phase with a number in the log.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        JOB_PHASES.get(number as usize).copied()
    }

    /// Its number in the log.
    pub(crate) fn number(self) -> u32 {
        JOB_PHASES.iter().position(|p| *p == self).unwrap_or(0) as u32
    }
}

impl fmt::Display for JobPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Failing => "failing",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// The phase of a task. An attempt lives while its task is leased.
///
/// ```text
/// Waiting ──▶ Ready ──▶ Leased ──▶ Succeeded ──▶ Waiting (runs again, after a retry upstream)
///               ▲        │ │ └───▶ Failed ─────▶ Ready, Waiting (retry)
///               │        │ └────▶ Backoff ─┐
///               ├────────┘ handed back, lost│
///               └───────────────────────────┘     any but the ended ──▶ Cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskPhase {
    /// Its inputs are not there.
    Waiting,
    /// It can be handed out.
    Ready,
    /// An attempt runs.
    Leased,
    /// It failed and waits to be tried again.
    Backoff,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
    /// Its job was cancelled.
    Cancelled,
}

/// Every phase of a task; its place is its number in the log and in a stage's counts.
pub const TASK_PHASES: [TaskPhase; 7] = [
    TaskPhase::Waiting,
    TaskPhase::Ready,
    TaskPhase::Leased,
    TaskPhase::Backoff,
    TaskPhase::Succeeded,
    TaskPhase::Failed,
    TaskPhase::Cancelled,
];

impl TaskPhase {
    /// Whether it has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Whether a task may go from here to `next`: the table.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use TaskPhase::{Backoff, Cancelled, Failed, Leased, Ready, Succeeded, Waiting};
        matches!(
            (self, next),
            (Waiting | Backoff, Ready | Cancelled)
                | (Ready, Leased | Cancelled | Waiting)
                | (Leased, Succeeded | Failed | Backoff | Ready)
                | (Succeeded, Waiting)
                | (Failed, Ready | Waiting)
                | (Backoff, Waiting)
        )
    }

    /// Its place in [`TASK_PHASES`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for TaskPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Leased => "leased",
            Self::Backoff => "backoff",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_have_their_numbers_for_ever() {
        let jobs: Vec<_> = JOB_PHASES.iter().map(|p| (p.number(), p.to_string())).collect();
        let want =
            ["pending", "running", "paused", "failing", "cancelling", "succeeded", "failed", "cancelled"];
        assert_eq!(
            jobs,
            want.iter().enumerate().map(|(i, p)| (i as u32, (*p).to_owned())).collect::<Vec<_>>()
        );
        for (number, phase) in JOB_PHASES.iter().enumerate() {
            assert_eq!(JobPhase::from_number(number as u32), Some(*phase));
        }
        for (place, phase) in TASK_PHASES.iter().enumerate() {
            assert_eq!(phase.index(), place);
        }
    }

    #[test]
    fn the_tables_are_these() {
        let rows = |from: String, next: Vec<String>| format!("{from}: {}", next.join(" "));
        let jobs = JOB_PHASES.map(|from| {
            let next = JOB_PHASES.iter().filter(|n| from.may_become(**n));
            rows(from.to_string(), next.map(ToString::to_string).collect())
        });
        let want = [
            "pending: running paused cancelling",
            "running: paused failing cancelling succeeded",
            "paused: pending running failing cancelling succeeded",
            "failing: cancelling failed",
            "cancelling: cancelled",
            "succeeded: running",
            "failed: running",
            "cancelled: ",
        ];
        assert_eq!(jobs, want);
        let tasks = TASK_PHASES.map(|from| {
            let next = TASK_PHASES.iter().filter(|n| from.may_become(**n));
            rows(from.to_string(), next.map(ToString::to_string).collect())
        });
        let want = [
            "waiting: ready cancelled",
            "ready: waiting leased cancelled",
            "leased: ready backoff succeeded failed",
            "backoff: waiting ready cancelled",
            "succeeded: waiting",
            "failed: waiting ready",
            "cancelled: ",
        ];
        assert_eq!(tasks, want);
    }

    #[test]
    fn what_has_ended_never_runs_unless_it_is_retried() {
        for phase in JOB_PHASES.iter().filter(|p| p.is_terminal()) {
            assert!(!phase.hands_out());
        }
        for (from, next) in TASK_PHASES.iter().flat_map(|a| TASK_PHASES.iter().map(move |b| (a, b))) {
            assert!(!(from.may_become(*next) && from.is_terminal() && *next == TaskPhase::Leased));
        }
    }
}
