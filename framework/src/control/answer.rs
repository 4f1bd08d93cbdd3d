//! Answers what only has to be looked up, from a state: that of a running partition, or one that was read from the log.

use dyeline_engine::{JobView, State};

use super::{Answer, ControlError, Purge, Request, select};
use crate::view::{At, JobLine, JobStatus};

/// Answers a question; `None` when the request is not one, but changes something.
pub(super) fn answer(state: &State, request: &Request) -> Option<Result<Answer, ControlError>> {
    match request {
        Request::Jobs => Some(Ok(Answer::Jobs(JobLine::all(state)))),
        Request::Status { jobs } => Some(statuses(state, jobs).map(Answer::Status)),
        Request::Watch { job } => Some(statuses(state, std::slice::from_ref(job)).map(Answer::Status)),
        Request::Purge(purge) if purge.dry_run => Some(purgeable(state, purge).map(Answer::Purged)),
        _ => None,
    }
}

/// Jobs in full: those that are named, or all that are unfinished.
fn statuses(state: &State, jobs: &[String]) -> Result<Vec<JobStatus>, ControlError> {
    let now = At::now();
    if jobs.is_empty() {
        let unfinished = state.jobs().filter(|job| !job.phase().is_terminal());
        return Ok(unfinished.map(|job| JobStatus::of(&job, now)).collect());
    }
    let find = |text: &String| {
        let id = select::find(state, text)?;
        state.job(id).map(|job| JobStatus::of(&job, now)).ok_or_else(|| ControlError::no_job(id))
    };
    jobs.iter().map(find).collect()
}

/// The ended jobs that a purge is for. One that is named is taken as it is: if it has not ended, the purge is refused.
pub(super) fn purgeable(state: &State, purge: &Purge) -> Result<Vec<JobLine>, ControlError> {
    let now = At::now();
    let mut named = Vec::new();
    for text in &purge.jobs {
        named.push(select::find(state, text)?);
    }
    let old = |job: &JobView<'_>| match (purge.older_than_ms, job.ended()) {
        (Some(ms), Some(ended)) => now.since_ms(ended.into()) >= ms,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let fits = |job: &JobView<'_>| {
        (if named.is_empty() { job.phase().is_terminal() } else { named.contains(&job.id()) })
            && purge.chain.as_ref().is_none_or(|chain| job.spec().chain == *chain)
            && purge.state.is_none_or(|phase| job.phase() == phase)
            && old(job)
    };
    Ok(state.jobs().filter(fits).map(|job| JobLine::of(&job, now)).collect())
}
