//! Carries out what changes something, through the inbox of a partition that this process owns.

use std::{sync::Arc, time::Duration};

use dyeline_engine::{
    CancelJob, Command, JobId, JobPhase, NoteHistory, PauseJob, PurgeJobs, RequestId, ResumeJob, RetryJob,
};
use dyeline_processors::contract::registry::Registry;

use super::{
    Answer, ControlError, Outcome, Purge, Request, Selection,
    answer::{answer, purgeable},
    change, select,
};
use crate::{job::Work, partition::Inbox};

/// How long a command waits for its durable outcome: less than a client waits for the answer.
const WAIT: Duration = Duration::from_secs(8);

/// Jobs purged by one command of the engine; each is answered for as a whole.
const PURGED_AT_ONCE: usize = 10_000;

/// Carries out a request, whatever it is; of a `watch` the first answer.
pub(super) fn carry_out(
    inbox: &Inbox,
    registry: &Registry,
    request: Request,
) -> Result<Answer, ControlError> {
    let question = request.clone();
    if let Some(mut answered) = inbox.read(move |state| answer(state, &question))? {
        if let (Ok(Answer::Status(shown)), Some(why)) = (&mut answered, inbox.stalled()) {
            // Why an unfinished job does not go on, though nobody paused it.
            for status in shown.iter_mut().filter(|s| !s.phase.is_terminal()) {
                status.reason = Some(why.clone());
            }
        }
        return answered;
    }
    match request {
        Request::Pause { select, reason } => each(inbox, select, is_unfinished, move |request, job| {
            Command::PauseJob(PauseJob { request: Some(request), job, reason: reason.clone() })
        }),
        Request::Resume { select } => each_that_runs(inbox, registry, select, is_paused, |request, job| {
            Command::ResumeJob(ResumeJob { request: Some(request), job })
        }),
        Request::Cancel { select } => each(inbox, select, is_unfinished, |request, job| {
            Command::CancelJob(CancelJob { request: Some(request), job })
        }),
        Request::Retry { select, failed } => {
            each_that_runs(inbox, registry, select, is_failed, move |request, job| {
                Command::RetryJob(RetryJob { request: Some(request), job, failed_only: failed })
            })
        }
        Request::Note { select, text } => each(
            inbox,
            select,
            |_| true,
            move |request, job| {
                Command::NoteHistory(NoteHistory { request: Some(request), job, text: text.clone() })
            },
        ),
        Request::Set { select, changes } => {
            let jobs = inbox.read(move |state| select::select(state, &select, is_unfinished))??;
            let done = jobs.into_iter().map(|job| {
                let changed = change::change(inbox, registry, job, &changes, WAIT);
                outcome(inbox, job, changed.err())
            });
            done.collect::<Result<_, _>>().map(Answer::Done)
        }
        Request::Purge(purge) => self::purge(inbox, purge),
        // Questions were answered above.
        Request::Jobs | Request::Status { .. } | Request::Watch { .. } => Ok(Answer::Jobs(Vec::new())),
    }
}

/// Whether a command for a whole chain is for a job in this phase.
pub(super) fn is_unfinished(phase: JobPhase) -> bool {
    !phase.is_terminal()
}

pub(super) fn is_paused(phase: JobPhase) -> bool {
    phase == JobPhase::Paused
}

pub(super) fn is_failed(phase: JobPhase) -> bool {
    phase == JobPhase::Failed
}

/// Sends a command for each job of a selection.
fn each(
    inbox: &Inbox,
    selection: Selection,
    fits: fn(JobPhase) -> bool,
    make: impl Fn(RequestId, JobId) -> Command + Clone + Send + 'static,
) -> Result<Answer, ControlError> {
    each_allowed(inbox, selection, fits, |_| Ok(()), make)
}

/// The same for a command after which jobs run: those that this program cannot run are left as they are.
fn each_that_runs(
    inbox: &Inbox,
    registry: &Registry,
    selection: Selection,
    fits: fn(JobPhase) -> bool,
    make: impl Fn(RequestId, JobId) -> Command + Clone + Send + 'static,
) -> Result<Answer, ControlError> {
    let allowed = |job| {
        let spec = inbox.read(move |state| state.job(job).map(|view| Arc::clone(view.spec())))?;
        spec.map_or(Ok(()), |spec| Ok(Work::check(&spec, registry)?))
    };
    each_allowed(inbox, selection, fits, allowed, make)
}

fn each_allowed(
    inbox: &Inbox,
    selection: Selection,
    fits: fn(JobPhase) -> bool,
    allowed: impl Fn(JobId) -> Result<(), ControlError>,
    make: impl Fn(RequestId, JobId) -> Command + Clone + Send + 'static,
) -> Result<Answer, ControlError> {
    let jobs = inbox.read(move |state| select::select(state, &selection, fits))??;
    let done = jobs.into_iter().map(|job| {
        let make = make.clone();
        let send = || inbox.request(WAIT, move |request| make(request, job)).map_err(ControlError::from);
        outcome(inbox, job, allowed(job).and_then(|()| send()).err())
    });
    done.collect::<Result<_, _>>().map(Answer::Done)
}

fn outcome(inbox: &Inbox, job: JobId, error: Option<ControlError>) -> Result<Outcome, ControlError> {
    let now =
        inbox.read(move |state| state.job(job).map(|view| (view.spec().chain.clone(), view.phase())))?;
    let (chain, state) = now.ok_or_else(|| error.clone().unwrap_or_else(|| ControlError::no_job(job)))?;
    Ok(Outcome { job, chain, state, error })
}

fn purge(inbox: &Inbox, purge: Purge) -> Result<Answer, ControlError> {
    let lines = inbox.read(move |state| purgeable(state, &purge))??;
    for part in lines.chunks(PURGED_AT_ONCE) {
        let jobs = part.iter().map(|line| line.job).collect();
        inbox.request(WAIT, move |request| Command::PurgeJobs(PurgeJobs { request: Some(request), jobs }))?;
    }
    Ok(Answer::Purged(lines))
}
