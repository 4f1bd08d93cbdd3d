//! Finds the jobs that a command names: by id, by what an id begins with, by chain.

use dyeline_engine::{JobId, JobPhase, JobView, State};

use super::{ControlError, Selection, error::code};

/// Ids shown when a text could mean several.
const SHOWN: usize = 5;

/// The job whose id is, or begins with, a text. Small letters are as good as large ones.
pub(super) fn find(state: &State, text: &str) -> Result<JobId, ControlError> {
    if let Ok(id) = text.parse::<JobId>() {
        return state.job(id).map(|job| job.id()).ok_or_else(|| ControlError::no_job(id));
    }
    let prefix = text.to_ascii_uppercase();
    let matching: Vec<JobId> = state
        .jobs()
        .map(|job| job.id())
        .filter(|id| !prefix.is_empty() && id.to_string().starts_with(&prefix))
        .collect();
    match matching[..] {
        [] => Err(ControlError::unknown_job(text)),
        [id] => Ok(id),
        _ => {
            let shown: Vec<String> = matching.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = matching.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let message =
                format!("`{text}` begins the ids of {} jobs: {}{more}", matching.len(), shown.join(", "));
            Err(ControlError::usage(code::AMBIGUOUS_JOB, message).hint("write more of the id"))
        }
    }
}

/// The jobs of a selection, each once. Of a chain those that `fits`; a job that is named need not, so that the refusal
/// says why.
pub(super) fn select(
    state: &State,
    selection: &Selection,
    fits: impl Fn(JobPhase) -> bool,
) -> Result<Vec<JobId>, ControlError> {
    let mut ids = Vec::new();
    for text in &selection.jobs {
        ids.push(find(state, text)?);
    }
    if let Some(chain) = &selection.chain {
        let of_chain = |job: &JobView<'_>| job.spec().chain == *chain;
        if !state.jobs().any(|job| of_chain(&job)) {
            let message = format!("no job of a chain `{chain}` is known here");
            return Err(
                ControlError::usage(code::UNKNOWN_JOB, message).hint("`jobs` lists those that are known")
            );
        }
        ids.extend(state.jobs().filter(of_chain).filter(|job| fits(job.phase())).map(|job| job.id()));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
