//! Runs a job to its end in this process, or to the signal that interrupts it.

use std::{hash::BuildHasher, sync::Arc, time::Duration};

use dyeline_engine::{Command, JobId, JobPhase, NoteHistory};
use dyeline_processors::contract::registry::Registry;
use dyeline_router::toml::Mistakes;

use super::{
    Choice, Decision, LaunchError, LaunchRequest, Prepared, Signals, discard,
    identity::{self},
    prepare,
};
use crate::{
    host::{DataDir, Host, HostError, HostOptions},
    job::Work,
    partition::Gone,
    view::JobStatus,
};

/// How often a running job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long attempts may take to reach a checkpoint when the process is asked to end.
const DRAIN_GRACE: Duration = Duration::from_secs(30);

/// Sees a job run.
pub trait Observer {
    /// Every check that needs no data directory has passed; what the chain file should rather not say.
    fn prepared(&mut self, warnings: &Mistakes) {
        let _ = warnings;
    }
    /// A job with the same `--id` has succeeded: nothing runs, and that job is shown.
    fn done_before(&mut self, job: JobId) {
        let _ = job;
    }
    /// It is known which job it is, and whether it goes on from before.
    fn started(&mut self, host: &Host, status: &JobStatus, goes_on: bool);
    /// Another look at it.
    fn running(&mut self, status: &JobStatus);
    /// The log has no room: where, and how much is needed. The job waits.
    fn stalled(&mut self, why: &str);
    /// There is room again: the job goes on.
    fn unstalled(&mut self);
    /// The process was asked to end: attempts reach their checkpoints.
    fn draining(&mut self);
    /// Nothing runs any more, and the process is about to give the data directory free.
    fn closing(&mut self);
}

/// How a launch ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The job at its end.
    pub status: JobStatus,
    /// How.
    pub how: How,
}

/// The ways a launch can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The job succeeded, now or, with the same `--id`, before.
    Succeeded,
    /// The job failed.
    Failed,
    /// The job was cancelled.
    Cancelled,
    /// A signal came; the job can be resumed.
    Interrupted,
    /// The environment gave out (a full disk); the job is paused and can be resumed.
    Environment(String),
}

impl How {
    /// The documented exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed | Self::Cancelled => 1,
            Self::Interrupted => 3,
            Self::Environment(_) => 4,
        }
    }
}

/// Launches a chain: prepares it, finds out which job it is, and runs that to its end.
pub fn launch(
    request: &LaunchRequest,
    data: DataDir,
    options: HostOptions,
    choice: Choice,
    observer: &mut dyn Observer,
) -> Result<Ended, LaunchError> {
    let registry = registry()?;
    let prepared = prepare(request, &registry, &options.disk)?;
    observer.prepared(&prepared.warnings);
    let host = Host::open(data, options)?;
    let signals = listen(&host)?;
    let decided = decide(&host, &prepared, choice);
    if let Ok(Decision::Done(job)) = &decided {
        observer.done_before(*job);
    }
    let begun = decided.and_then(|decision| begin(&host, prepared, decision));
    match begun {
        Ok((job, goes_on)) => wait(host, job, goes_on, &signals, observer),
        Err(error) => {
            close(host)?;
            Err(error)
        }
    }
}

fn registry() -> Result<Arc<Registry>, LaunchError> {
    let linked = Registry::linked().map_err(|duplicates| {
        let texts: Vec<String> = duplicates.iter().map(ToString::to_string).collect();
        LaunchError::Host(HostError::Registry(texts.join("; ")))
    });
    linked.map(Arc::new)
}

/// How a job that is in the log already runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// An unfinished one goes on from its last checkpoints.
    Resume,
    /// One that has ended is retried.
    Retry {
        /// Only what failed, from its last checkpoint; otherwise all of it.
        failed_only: bool,
    },
}

/// Runs a job that is in the log already.
pub fn run_existing(
    host: Host,
    job: JobId,
    how: Again,
    observer: &mut dyn Observer,
) -> Result<Ended, LaunchError> {
    let signals = listen(&host)?;
    let found = host.inbox().read(move |state| state.job(job).map(|j| j.phase())).map_err(HostError::from)?;
    let begun = match found {
        None => Err(LaunchError::UnknownJob(job)),
        Some(phase @ (JobPhase::Succeeded | JobPhase::Cancelled)) if how == Again::Resume => {
            Err(LaunchError::Over { job, phase: phase.to_string() })
        }
        Some(phase) => go_on(&host, job, phase, how, Vec::new()),
    };
    match begun {
        Ok(()) => wait(host, job, true, &signals, observer),
        Err(error) => {
            close(host)?;
            Err(error)
        }
    }
}

fn decide(host: &Host, prepared: &Prepared, choice: Choice) -> Result<Decision, LaunchError> {
    let identity = prepared.identity.clone();
    let read = host.inbox().read(move |state| identity::decide(state, &identity, choice));
    read.map_err(HostError::from)?
}

/// Submits the job or lets the unfinished one go on; its id, and whether it goes on.
fn begin(host: &Host, prepared: Prepared, decision: Decision) -> Result<(JobId, bool), LaunchError> {
    match decision {
        Decision::New => Ok((host.submit(new_id(), prepared.spec)?, false)),
        Decision::Done(job) => Ok((job, true)),
        Decision::GoOn(job, phase, adopted) => {
            go_on(host, job, phase, Again::Resume, adopted)?;
            Ok((job, true))
        }
    }
}

fn go_on(
    host: &Host,
    job: JobId,
    phase: JobPhase,
    how: Again,
    adopted: Vec<String>,
) -> Result<(), LaunchError> {
    let spec = host
        .inbox()
        .read(move |state| state.job(job).map(|j| Arc::clone(j.spec())))
        .map_err(HostError::from)?;
    let spec = spec.ok_or(LaunchError::UnknownJob(job))?;
    Work::check(&spec, host.registry())?;
    for text in adopted.into_iter().map(|change| format!("adopted: {change}")) {
        host.request(move |request| Command::NoteHistory(NoteHistory { request: Some(request), job, text }))?;
    }
    match (how, phase) {
        (Again::Retry { failed_only }, _) => host.retry(job, failed_only)?,
        (Again::Resume, JobPhase::Paused) => host.resume(job)?,
        (Again::Resume, JobPhase::Failed) => host.retry(job, true)?,
        (Again::Resume, _) => {}
    }
    host.start_groups_of(&spec)?;
    Ok(())
}

/// A new job's id: milliseconds, partition 0, and 64 bits that nobody can foresee.
fn new_id() -> JobId {
    let now = crate::partition::Clock::start().now();
    JobId::new(now.0, 0, std::hash::RandomState::new().hash_one(std::process::id()))
}

/// Obeys signals from the first moment of a job on.
fn listen(host: &Host) -> Result<Signals, HostError> {
    Signals::listen(host.watch().clone())
        .map_err(|source| HostError::Start { what: "the signal handler", source })
}

/// Why a job that ran here cannot be seen any more: the partition has stopped, and closing tells why, or it was purged.
fn lost_job(host: Host, job: JobId, gone: Option<Gone>) -> LaunchError {
    match (close(host), gone) {
        (Err(error), _) => error,
        (Ok(()), Some(gone)) => HostError::from(gone).into(),
        (Ok(()), None) => LaunchError::UnknownJob(job),
    }
}

/// Waits for the job's end, or for a signal.
fn wait(
    host: Host,
    job: JobId,
    goes_on: bool,
    signals: &Signals,
    observer: &mut dyn Observer,
) -> Result<Ended, LaunchError> {
    let (mut told, mut stalled) = (false, false);
    loop {
        let status = match JobStatus::read(host.inbox(), job) {
            Ok(Some(status)) => status,
            lost => return Err(lost_job(host, job, lost.err())),
        };
        if !told {
            told = true;
            observer.started(&host, &status, goes_on);
        }
        observer.running(&status);
        stalled = tell_stall(&host, stalled, observer);
        let how = match status.phase {
            phase if phase.is_terminal() && !is_durable(&host, job, phase) => None,
            JobPhase::Succeeded => Some(How::Succeeded),
            JobPhase::Failed => Some(How::Failed),
            JobPhase::Cancelled => Some(How::Cancelled),
            _ => host.watch().environment().map(How::Environment),
        };
        if let Some(how) = how {
            return finish(host, job, how, observer);
        }
        if signals.received() {
            observer.draining();
            return finish(host, job, How::Interrupted, observer);
        }
        host.watch().changed(LOOK_EVERY);
    }
}

/// Says once that the log has no room, and once that it has again.
fn tell_stall(host: &Host, before: bool, observer: &mut dyn Observer) -> bool {
    let now = host.inbox().stalled();
    match &now {
        Some(why) if !before => observer.stalled(why),
        None if before => observer.unstalled(),
        _ => {}
    }
    now.is_some()
}

/// Whether a job's end is in the log. One that ended before this process began has no news.
fn is_durable(host: &Host, job: JobId, phase: JobPhase) -> bool {
    host.watch().phase(job).is_none_or(|durable| durable == phase)
}

fn finish(host: Host, job: JobId, how: How, observer: &mut dyn Observer) -> Result<Ended, LaunchError> {
    if how == How::Cancelled {
        discard::parts_of(&host, job);
    }
    if let How::Environment(_) | How::Interrupted = how {
        host.drain(DRAIN_GRACE);
    }
    let status = match JobStatus::read(host.inbox(), job) {
        Ok(Some(status)) => status,
        lost => return Err(lost_job(host, job, lost.err())),
    };
    observer.closing();
    match close(host) {
        // What the log had no room for runs again.
        Err(LaunchError::Host(HostError::Partition(error)))
            if error.is_full_log() && matches!(how, How::Interrupted | How::Environment(_)) => {}
        closed => closed?,
    }
    Ok(Ended { status, how })
}

fn close(host: Host) -> Result<(), LaunchError> {
    host.close(DRAIN_GRACE).map(drop).map_err(LaunchError::from)
}
