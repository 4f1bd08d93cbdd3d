//! What occurred: each command, transition, effect and kind of fault has a counter.

use std::collections::BTreeMap;

/// Counters by name, such as `job running -> paused`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    /// Counts one occurrence.
    pub fn hit(&mut self, name: impl AsRef<str> + Into<String>) {
        match self.0.get_mut(name.as_ref()) {
            Some(count) => *count += 1,
            None => drop(self.0.insert(name.into(), 1)),
        }
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            *self.0.entry(name.clone()).or_default() += count;
        }
    }

    /// How often something occurred.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// All counters.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}

const COMMANDS: [&str; 19] = [
    "SubmitJob",
    "PauseJob",
    "ResumeJob",
    "CancelJob",
    "RetryJob",
    "SetParams",
    "SetPolicy",
    "PurgeJobs",
    "NoteHistory",
    "WorkerJoined",
    "WorkerLeft",
    "GrantCredit",
    "Heartbeat",
    "ReportCheckpoint",
    "CompleteAttempt",
    "FailAttempt",
    "HandBack",
    "Tick",
    "AcquireOwnership",
];

const EFFECTS: [&str; 25] = [
    "JobSubmitted",
    "JobReleased",
    "JobStarted",
    "JobPaused",
    "JobResumed",
    "JobCancelling",
    "JobFailing",
    "JobEnded",
    "JobRetried",
    "JobPurged",
    "ParamsSet",
    "PolicySet",
    "HistoryNoted",
    "DedupForgotten",
    "ShardsFound",
    "StageOpened",
    "StageReleased",
    "TasksReset",
    "TaskReadied",
    "TaskLeased",
    "TaskCheckpointed",
    "TaskSucceeded",
    "AttemptFailed",
    "AttemptHandedBack",
    "OwnershipAcquired",
];

const FAULTS: [&str; 21] = [
    "crash before the log",
    "crash with batches in flight",
    "crash after the log, before outputs",
    "crash between outputs",
    "commit rewound",
    "commit unknown, durable",
    "commit unknown, not durable",
    "slow log",
    "conflicting commands in one batch",
    "report lost",
    "report repeated",
    "report delayed",
    "hand-out lost",
    "message to a worker repeated",
    "cancellation lost",
    "worker lost",
    "worker silent beyond its lease",
    "worker drained",
    "cancellation ignored",
    "clock jumped ahead",
    "clock jumped back",
];

/// Everything that must occur: commands, effects, faults, and the two tables of transitions.
#[must_use]
pub fn expected() -> Vec<String> {
    use dyeline_engine::{JobPhase, TASK_PHASES};
    let jobs = [
        JobPhase::Pending,
        JobPhase::Running,
        JobPhase::Paused,
        JobPhase::Failing,
        JobPhase::Cancelling,
        JobPhase::Succeeded,
        JobPhase::Failed,
        JobPhase::Cancelled,
    ];
    let mut all: Vec<String> = COMMANDS.iter().map(|c| format!("command {c}")).collect();
    all.extend(EFFECTS.iter().map(|e| format!("effect {e}")));
    all.extend(FAULTS.iter().map(|f| format!("fault {f}")));
    for from in jobs {
        let next = jobs.iter().filter(|next| from.may_become(**next));
        all.extend(next.map(|next| format!("job {from} -> {next}")));
    }
    for from in TASK_PHASES {
        let next = TASK_PHASES.iter().filter(|next| from.may_become(**next));
        all.extend(next.map(|next| format!("task {from} -> {next}")));
    }
    all
}
