//! Submits tasks, runs them here, and tells what became of each.

use std::{
    collections::BTreeMap,
    hash::BuildHasher,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use dyeline_engine::{Command, JobId, JobPhase, JobSpec, RequestId, SubmitJob};
use dyeline_processors::contract::registry::Registry;
use dyeline_router::rules::Rules;
use serde::Serialize;

use super::{
    build::Shape,
    tasks::{Task, of_file, of_input},
};
use crate::{
    chain::Given,
    cli::{Exit, Failure, Session, args::name_and_value, failure::code},
    control::{ControlError, ControlServer},
    host::{Host, HostError},
    launch::Signals,
    partition::Clock,
    view::{JobStatus, OutputStatus, count_text},
};

/// How often running tasks are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often it is told how far they are, where there is no `--quiet`.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// How long running tasks may take to hand back when the process is asked to end.
const DRAIN_GRACE: Duration = Duration::from_secs(30);

/// Tasks that did not succeed and are told one by one; the others are counted.
const TOLD: usize = 20;

/// Plain tasks: a processor, and the items it works on.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct SubmitArgs {
    /// The processor or sink
    #[arg(value_name = "PROCESSOR")]
    processor: String,
    /// One task: an item as a JSON object, or several as a list
    #[arg(long, value_name = "JSON", required_unless_present = "file", conflicts_with = "file")]
    input: Option<String>,
    /// Many tasks, one a line: {"id": "a-1", "input": {…}}
    #[arg(long, value_name = "TASKS.jsonl")]
    file: Option<PathBuf>,
    /// An id that succeeds once: submitted again, it is not run again. With --file, what the ids of its tasks begin
    /// with
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: Option<String>,
    /// A parameter of the processor
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    params: Vec<(String, String)>,
    /// The record of the input, for a processor that takes any
    #[arg(long, value_name = "NAME")]
    record: Option<String>,
    /// Write what the tasks make as JSON Lines, each task in a folder of its own below this one
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The group to run in
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// What became of a task.
#[derive(Clone, Debug, Serialize)]
struct Ended {
    id: Option<String>,
    #[serde(serialize_with = "crate::view::job_id_text::serialize")]
    job: JobId,
    state: JobPhase,
    /// It had succeeded before, and did not run again.
    before: bool,
    error: Option<String>,
    outputs: Vec<OutputStatus>,
}

/// Runs tasks to their end.
pub(in crate::cli) fn submit(session: &Session, args: SubmitArgs) -> Result<Exit, Failure> {
    let tasks = match (&args.input, &args.file) {
        (Some(input), _) => of_input(input, args.id.clone())?,
        (None, Some(file)) => of_file(file, args.id.as_deref())?,
        (None, None) => {
            return Err(Failure::usage(code::TASK, "there is no task: give `--input` or `--file`"));
        }
    };
    let in_use = session.rules()?;
    let jobs = jobs(&args, tasks, in_use.as_ref().map(|rules| &*rules.rules))?;
    let host = Host::open(session.settings.data_dir(), session.host_options(in_use.as_ref()))?;
    let control = ControlServer::start(&host).ok();
    let ran = run(session, &host, jobs);
    if let Some(control) = control {
        control.close();
    }
    let closed = host.close(DRAIN_GRACE);
    let (ended, interrupted) = ran?;
    closed?;
    Ok(tell(session, &ended, interrupted))
}

/// The job of each task. With `--out`, tasks differ in their folders.
fn jobs(args: &SubmitArgs, tasks: Vec<Task>, rules: Option<&Rules>) -> Result<Vec<(Task, JobSpec)>, Failure> {
    let registry = Registry::linked().map_err(|duplicates| {
        let texts: Vec<String> = duplicates.iter().map(ToString::to_string).collect();
        Failure::from(HostError::Registry(texts.join("; ")))
    })?;
    let folder = std::env::current_dir().map_err(|error| {
        Failure::new(
            Exit::Environment,
            code::ARGUMENT,
            format!("the current folder cannot be found: {error}"),
        )
    })?;
    let mut given = Given::new(jiff::Timestamp::now(), folder);
    given.group = args.group.clone();
    let shape = |out: Option<PathBuf>| {
        Shape::new(&args.processor, args.record.as_deref(), &args.params, out.as_deref(), (&given, rules))
    };
    let Some(out) = &args.out else { return shape(None)?.jobs(tasks, &registry) };
    let mut jobs = Vec::with_capacity(tasks.len());
    for (at, task) in tasks.into_iter().enumerate() {
        let name = task.id.clone().unwrap_or_else(|| (at + 1).to_string());
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        if !name.chars().all(safe) || name.split('/').any(|part| part.is_empty() || part.starts_with('.')) {
            let message = format!("{}: the id `{name}` cannot name a folder below `--out`", task.place);
            return Err(
                Failure::usage(code::TASK, message).hint("use letters, digits, `-`, `_`, `.` and `/`")
            );
        }
        jobs.extend(shape(Some(out.join(name)))?.jobs(vec![task], &registry)?);
    }
    Ok(jobs)
}

/// The tasks that were accepted, and what was submitted for each.
struct Accepted {
    id: Option<String>,
    job: JobId,
    before: bool,
}

/// Submits and waits; what became of the tasks, and whether a signal came before all had ended.
fn run(session: &Session, host: &Host, jobs: Vec<(Task, JobSpec)>) -> Result<(Vec<Ended>, bool), Failure> {
    let signals = Signals::listen(host.watch().clone())
        .map_err(|source| HostError::Start { what: "the signal handler", source })?;
    let accepted = Arc::new(accept(host, jobs)?);
    let mut told = Instant::now();
    loop {
        if host.has_failed() {
            return Err(ControlError::from(crate::partition::Gone).into());
        }
        let looked = Arc::clone(&accepted);
        let unfinished = host.inbox().read(move |state| {
            let unfinished = |a: &&Accepted| state.job(a.job).is_some_and(|j| !j.phase().is_terminal());
            looked.iter().filter(unfinished).count()
        });
        let unfinished = unfinished.map_err(HostError::from)?;
        let interrupted = signals.received() || host.watch().environment().is_some();
        if unfinished == 0 || interrupted {
            if interrupted {
                host.drain(DRAIN_GRACE);
            }
            return Ok((ended(host, &accepted)?, interrupted && unfinished > 0));
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let done = accepted.len() - unfinished;
            session.console.tell(&format!(
                "{}/{} tasks",
                count_text(done as u64),
                count_text(accepted.len() as u64)
            ));
        }
        host.watch().changed(LOOK_EVERY);
    }
}

/// Has every task accepted, and waits once for all of them to be durable.
fn accept(host: &Host, jobs: Vec<(Task, JobSpec)>) -> Result<Vec<Accepted>, Failure> {
    let known = known(host, &jobs)?;
    let entropy = std::hash::RandomState::new();
    let mut accepted = Vec::with_capacity(jobs.len());
    if let Some((_, spec)) = jobs.first() {
        host.start_groups_of(spec)?;
    }
    for (at, (task, spec)) in jobs.into_iter().enumerate() {
        let found = task.id.as_ref().and_then(|id| known.get(id)).copied();
        let job = match found {
            Some((job, phase)) if phase == JobPhase::Succeeded || !phase.is_terminal() => job,
            _ => {
                let job = JobId::new(Clock::start().now().0, 0, entropy.hash_one(at));
                let make = |request| Command::SubmitJob(Box::new(SubmitJob { request, job, spec }));
                host.inbox().send(make(None)).map_err(HostError::from)?;
                job
            }
        };
        let before = found.is_some_and(|(_, phase)| phase == JobPhase::Succeeded);
        accepted.push(Accepted { id: task.id, job, before });
    }
    barrier(host)?;
    resume_paused(host, &accepted)?;
    Ok(accepted)
}

/// Waits until all that was sent is durable.
fn barrier(host: &Host) -> Result<(), Failure> {
    let nothing = |request: RequestId| {
        Command::PurgeJobs(dyeline_engine::PurgeJobs { request: Some(request), jobs: Vec::new() })
    };
    host.request(nothing).map(drop).map_err(Failure::from)
}

/// An interrupted task goes on by itself; a paused one is wanted again now.
fn resume_paused(host: &Host, accepted: &[Accepted]) -> Result<(), Failure> {
    for task in accepted.iter().filter(|a| !a.before && a.id.is_some()) {
        let job = task.job;
        let paused =
            host.inbox().read(move |state| state.job(job).is_some_and(|j| j.phase() == JobPhase::Paused));
        if paused.map_err(HostError::from)? {
            host.resume(job)?;
        }
    }
    Ok(())
}

/// The jobs that own the ids of tasks already.
fn known(host: &Host, jobs: &[(Task, JobSpec)]) -> Result<BTreeMap<String, (JobId, JobPhase)>, Failure> {
    let ids: Vec<String> = jobs.iter().filter_map(|(task, _)| task.id.clone()).collect();
    let read = host.inbox().read(move |state| {
        let owner = |id: String| {
            let job = state.dedup_owner(&id)?;
            // A succeeded job that was forgotten is remembered by its id alone.
            let phase = state.job(job).map_or(JobPhase::Succeeded, |view| view.phase());
            Some((id, (job, phase)))
        };
        ids.into_iter().filter_map(owner).collect()
    });
    Ok(read.map_err(HostError::from)?)
}

fn ended(host: &Host, accepted: &[Accepted]) -> Result<Vec<Ended>, Failure> {
    let mut all = Vec::with_capacity(accepted.len());
    for task in accepted {
        let (id, job, before) = (task.id.clone(), task.job, task.before);
        let status = JobStatus::read(host.inbox(), job).map_err(HostError::from)?;
        let ended = match status {
            Some(status) => {
                let failure = status.failures.last().map(|failure| failure.text.clone());
                let error = status.reason.or(failure).filter(|_| status.phase != JobPhase::Succeeded);
                Ended { id, job, state: status.phase, before, error, outputs: status.outputs }
            }
            // It succeeded, and was forgotten since but for its id.
            None => {
                Ended { id, job, state: JobPhase::Succeeded, before: true, error: None, outputs: Vec::new() }
            }
        };
        all.push(ended);
    }
    Ok(all)
}

/// Prints what became of the tasks, and decides how the process ends.
fn tell(session: &Session, ended: &[Ended], interrupted: bool) -> Exit {
    let console = &session.console;
    let failed = || ended.iter().filter(|task| task.state != JobPhase::Succeeded);
    if console.is_json() {
        console.print_json(&serde_json::json!({ "tasks": ended }));
    } else {
        for task in ended.iter().flat_map(|task| &task.outputs) {
            console.print(&format!("{}\n", task.location));
        }
        for task in failed().take(TOLD) {
            let name = task.id.clone().unwrap_or_else(|| task.job.to_string());
            let why = task.error.clone().unwrap_or_default();
            console.tell(&format!("task {name} is {}: {}", task.state, why.trim_end()));
        }
        let count = |n: usize, word: &str| (n > 0).then(|| format!("{} {word}", count_text(n as u64)));
        let before = ended.iter().filter(|task| task.before).count();
        let succeeded = ended.len() - before - failed().count();
        let parts = [
            count(succeeded, "succeeded"),
            count(before, "had succeeded before"),
            count(failed().count(), "did not"),
        ];
        console.tell(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    match (interrupted, failed().count()) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Done,
        (false, _) => Exit::JobFailed,
    }
}
