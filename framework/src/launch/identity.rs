//! Which job a launch means: the unfinished one with the same chain and parameters, or a new one.

use dyeline_engine::{JobId, JobPhase, JobSpec, JobView, State};

use super::{Fingerprints, LaunchError};
use crate::{chain, job::Work};

/// What the user said about unfinished jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Go on with the unfinished job if nothing changed under it.
    #[default]
    Same,
    /// Go on with it though the chain or an input changed.
    Adopt,
    /// Leave it, and start another.
    New,
}

/// Which job it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A new one.
    New,
    /// This one goes on. What changed under it and was adopted, for its history.
    GoOn(JobId, JobPhase, Vec<String>),
    /// This one has done what is asked for: it has the same `--id` and succeeded.
    Done(JobId),
}

/// What identifies the launch.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The chain's name.
    pub chain: String,
    /// Its version; empty if it has none.
    pub version: String,
    /// The parameters as typed.
    pub typed: String,
    /// The parameters as resolved.
    pub resolved: String,
    /// The chain in canonical form.
    pub canonical: String,
    /// The inputs as they are now.
    pub inputs: Fingerprints,
    /// The most items of a preview.
    pub limit: Option<u64>,
    /// The id given by the user.
    pub id: Option<String>,
}

/// Decides, by the jobs that are known.
pub(super) fn decide(state: &State, launch: &Identity, choice: Choice) -> Result<Decision, LaunchError> {
    if let Some(owner) = launch.id.as_ref().and_then(|id| state.dedup_owner(id)) {
        let Some(found) = state.job(owner) else { return Err(LaunchError::DoneBefore(owner)) };
        match found.phase() {
            // Its id is free for whatever comes next.
            JobPhase::Failed | JobPhase::Cancelled => {}
            phase => {
                same_use(&found, launch)?;
                if phase == JobPhase::Succeeded {
                    return Ok(Decision::Done(owner));
                }
            }
        }
    }
    if choice == Choice::New {
        return Ok(Decision::New);
    }
    let unfinished = |j: &JobView<'_>| !matches!(j.phase(), JobPhase::Succeeded | JobPhase::Cancelled);
    let same = |j: &JobView<'_>| {
        let spec = j.spec();
        spec.chain == launch.chain
            && spec.version == launch.version
            && spec.dedup == launch.id
            && spec.params_typed == launch.typed
            && limit_of(spec) == launch.limit
    };
    let mut matching: Vec<JobView<'_>> = state.jobs().filter(unfinished).filter(same).collect();
    // The newest first; one that also means the same before all others.
    matching.sort_by_key(|j| (j.spec().params_resolved != launch.resolved, std::cmp::Reverse(j.id())));
    match matching.first() {
        None => Ok(Decision::New),
        Some(job) => go_on(job, launch, choice),
    }
}

/// An id stands for one piece of work. Another one under it would be left undone, and nobody would hear of it.
fn same_use(found: &JobView<'_>, launch: &Identity) -> Result<(), LaunchError> {
    let spec = found.spec();
    let mut differences = match spec.chain == launch.chain {
        true => chain::params_difference(&spec.params_typed, &launch.typed),
        false => vec![format!("the chain was `{}`, and is `{}` now", spec.chain, launch.chain)],
    };
    let limit = limit_of(spec);
    if limit != launch.limit {
        let shown = |limit: Option<u64>| limit.map_or("not given".to_owned(), |n| n.to_string());
        differences.push(format!("`--limit` was {}, and is {} now", shown(limit), shown(launch.limit)));
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(LaunchError::OtherUse { job: found.id(), phase: found.phase().to_string(), differences })
}

/// The most items of a job that is a preview: it never is the beginning of a whole one. A job that this program cannot
/// read is told later that it cannot go on.
fn limit_of(spec: &JobSpec) -> Option<u64> {
    Work::decode(&spec.node_params).ok().and_then(|work| work.limit)
}

fn go_on(found: &JobView<'_>, launch: &Identity, choice: Choice) -> Result<Decision, LaunchError> {
    let (job, chain, spec) = (found.id(), launch.chain.clone(), found.spec());
    if spec.params_resolved != launch.resolved {
        let differences = chain::params_difference(&spec.params_resolved, &launch.resolved);
        return Err(LaunchError::OtherDay { job, chain, differences });
    }
    let before = String::from_utf8_lossy(&spec.chain_source);
    let mut changed = chain::difference(&before, &launch.canonical);
    if !changed.is_empty() && choice != Choice::Adopt {
        return Err(LaunchError::ChainChanged { job, chain, differences: changed });
    }
    let inputs = launch.inputs.differences(&Fingerprints::decode(&spec.fingerprints));
    if !inputs.is_empty() && choice != Choice::Adopt {
        return Err(LaunchError::InputChanged { job, chain, differences: inputs });
    }
    changed.extend(inputs);
    Ok(Decision::GoOn(job, found.phase(), changed))
}
