//! Simulated clients: they submit jobs and interfere with them.

use std::time::Duration;

use dyeline_engine::{
    CancelJob, Command, JobId, JobPhase, JobSpec, Millis, NoteHistory, PauseJob, PolicyChange, PurgeJobs,
    RequestId, ResumeJob, RetryJob, SetParams, SetPolicy, SubmitJob,
    plan::{Retry, Skip},
};

use super::{Rng, plan};

/// A new job.
pub(crate) fn submit(request: RequestId, number: u64, now: u64, rng: &mut Rng) -> (JobId, Command) {
    let job = JobId::new(now, 0, number);
    let spec = JobSpec {
        chain: "simulated".to_owned(),
        dedup: rng.chance(40).then(|| format!("d{}", number / 4)),
        seed: rng.draw(),
        tenant: format!("t{}", rng.below(3)),
        priority: rng.below(5) as i32 - 2,
        concurrency: rng.chance(25).then(|| rng.between(1, 3) as u32),
        due: rng.chance(15).then(|| Millis(now + rng.below(2_000))),
        retain_ms: Some(rng.between(500, 20_000)),
        plan: plan::random(rng),
        ..JobSpec::default()
    };
    (job, Command::SubmitJob(Box::new(SubmitJob { request: Some(request), job, spec })))
}

/// Something done to a job.
pub(crate) fn interfere(request: RequestId, job: JobId, rng: &mut Rng) -> Command {
    let request = Some(request);
    match rng.below(18) {
        0..=2 => Command::PauseJob(PauseJob { request, job, reason: format!("reason {}", rng.below(3)) }),
        3..=6 => Command::ResumeJob(ResumeJob { request, job }),
        7 => Command::CancelJob(CancelJob { request, job }),
        8..=11 => Command::RetryJob(RetryJob { request, job, failed_only: rng.chance(60) }),
        12 => {
            Command::SetParams(SetParams { request, job, params: rng.draw().to_le_bytes().as_slice().into() })
        }
        13..=14 => Command::SetPolicy(SetPolicy { request, job, change: change(rng) }),
        15 => Command::PurgeJobs(PurgeJobs { request, jobs: vec![job] }),
        16 => Command::NoteHistory(NoteHistory { request, job, text: "a note".to_owned() }),
        _ => Command::PauseJob(PauseJob { request, job, reason: String::new() }),
    }
}

/// Something that suits a job's phase, so that what is rare occurs often enough.
pub(crate) fn suit(request: RequestId, job: JobId, phase: JobPhase, rng: &mut Rng) -> Command {
    let request = Some(request);
    match phase {
        JobPhase::Failing => Command::CancelJob(CancelJob { request, job }),
        JobPhase::Failed => Command::RetryJob(RetryJob { request, job, failed_only: rng.chance(40) }),
        JobPhase::Succeeded => Command::RetryJob(RetryJob { request, job, failed_only: rng.chance(80) }),
        JobPhase::Running => Command::PauseJob(PauseJob { request, job, reason: "suits".to_owned() }),
        _ => Command::ResumeJob(ResumeJob { request, job }),
    }
}

fn change(rng: &mut Rng) -> PolicyChange {
    let node = rng.below(6) as u32;
    match rng.below(8) {
        0 => PolicyChange::JobConcurrency(rng.chance(60).then(|| rng.between(1, 4) as u32)),
        1 => PolicyChange::Priority(rng.below(9) as i32 - 4),
        2 => PolicyChange::Concurrency { node, limit: rng.chance(60).then(|| rng.between(1, 4) as u32) },
        3 => {
            let (min, max) = (rng.between(1, 100), rng.between(100, 3_000));
            let (backoff_min, backoff_max) = (Duration::from_millis(min), Duration::from_millis(max));
            let retry = rng.chance(70).then(|| Retry { max: rng.below(5) as u32, backoff_min, backoff_max });
            PolicyChange::Retry { node, retry }
        }
        4 => PolicyChange::Skip { node, skip: rng.chance(70).then(|| Skip { limit: rng.below(40) }) },
        5 => {
            let timeout = rng.chance(50).then(|| Duration::from_millis(rng.between(200, 3_000)));
            PolicyChange::Timeout { node, timeout }
        }
        6 => PolicyChange::Checkpoint { node, every: rng.chance(50).then(|| Duration::from_millis(200)) },
        _ => PolicyChange::Cost { node, cost: rng.chance(50).then(|| rng.between(1, 3_000) as u32) },
    }
}

/// The same command as another request: a message that the network repeated.
pub(crate) fn repeated(command: &Command, request: RequestId) -> Command {
    let mut command = command.clone();
    match &mut command {
        Command::ReportCheckpoint(c) => c.request = Some(request),
        Command::CompleteAttempt(c) => c.request = Some(request),
        Command::FailAttempt(c) => c.request = Some(request),
        Command::HandBack(c) => c.request = Some(request),
        _ => {}
    }
    command
}

/// The job a client's command is about, and the command's name.
pub(crate) fn target(command: &Command) -> Option<JobId> {
    match command {
        Command::PauseJob(c) => Some(c.job),
        Command::ResumeJob(c) => Some(c.job),
        Command::CancelJob(c) => Some(c.job),
        Command::RetryJob(c) => Some(c.job),
        Command::SetPolicy(c) => Some(c.job),
        Command::SetParams(c) => Some(c.job),
        Command::PurgeJobs(c) => c.jobs.first().copied(),
        _ => None,
    }
}

/// A command's name, for the counters.
pub(crate) fn name(command: &Command) -> &'static str {
    match command {
        Command::SubmitJob(_) => "SubmitJob",
        Command::PauseJob(_) => "PauseJob",
        Command::ResumeJob(_) => "ResumeJob",
        Command::CancelJob(_) => "CancelJob",
        Command::RetryJob(_) => "RetryJob",
        Command::SetParams(_) => "SetParams",
        Command::SetPolicy(_) => "SetPolicy",
        Command::PurgeJobs(_) => "PurgeJobs",
        Command::NoteHistory(_) => "NoteHistory",
        Command::WorkerJoined(_) => "WorkerJoined",
        Command::WorkerLeft(_) => "WorkerLeft",
        Command::GrantCredit(_) => "GrantCredit",
        Command::Heartbeat(_) => "Heartbeat",
        Command::ReportCheckpoint(_) => "ReportCheckpoint",
        Command::CompleteAttempt(_) => "CompleteAttempt",
        Command::FailAttempt(_) => "FailAttempt",
        Command::HandBack(_) => "HandBack",
        Command::Tick(_) => "Tick",
        Command::AcquireOwnership(_) => "AcquireOwnership",
    }
}
