//! `pause`, `resume`, `cancel`, `retry`: through the process that runs the job, or here when none does.

use dyeline_engine::JobPhase;

use super::{Exit, Failure, Session, args::SelectArgs, failure::code, launch};
use crate::{
    control::{Answer, ControlError, Outcome, Request, Selection},
    launch::Again,
    view::JobLine,
};

impl From<SelectArgs> for Selection {
    fn from(args: SelectArgs) -> Self {
        Self { jobs: args.jobs, chain: args.chain }
    }
}

/// Hands nothing more out.
pub(super) fn pause(session: &Session, select: SelectArgs, reason: String) -> Result<Exit, Failure> {
    command(session, &Request::Pause { select: select.into(), reason })
}

/// Stops for good.
pub(super) fn cancel(session: &Session, select: SelectArgs) -> Result<Exit, Failure> {
    command(session, &Request::Cancel { select: select.into() })
}

/// Goes on: in the process that runs the job, or here.
pub(super) fn resume(session: &Session, select: SelectArgs) -> Result<Exit, Failure> {
    if session.reach().process().is_some() {
        return command(session, &Request::Resume { select: select.into() });
    }
    let goes_on = |phase: JobPhase| !phase.is_terminal();
    let job = only(session, &select, "resume", goes_on)?;
    if job.phase == JobPhase::Failed {
        let error = Failure::usage(
            crate::control::code::REFUSED,
            format!("job {} is failed: nothing is under way", job.job),
        );
        return Err(error.hint(format!("`retry {} --failed` goes on from its last checkpoints", job.job)));
    }
    launch::run_here(session, job.job, Again::Resume)
}

/// Runs again: in the process that runs the job, or here.
pub(super) fn retry(session: &Session, select: SelectArgs, failed: bool) -> Result<Exit, Failure> {
    if session.reach().process().is_some() {
        return command(session, &Request::Retry { select: select.into(), failed });
    }
    let job = only(session, &select, "retry", |phase| phase == JobPhase::Failed)?;
    launch::run_here(session, job.job, Again::Retry { failed_only: failed })
}

/// The one job that a command runs here.
fn only(
    session: &Session,
    select: &SelectArgs,
    verb: &str,
    fits: impl Fn(JobPhase) -> bool,
) -> Result<JobLine, Failure> {
    let reach = session.reach();
    let mut found = Vec::new();
    if !select.jobs.is_empty() {
        let Answer::Status(shown) = reach.call(&Request::Status { jobs: select.jobs.clone() })? else {
            return Err(ControlError::unknown_job(&select.jobs.join(" ")).into());
        };
        found.extend(shown.iter().map(|status| status.job));
    }
    let Answer::Jobs(lines) = reach.call(&Request::Jobs)? else { return Err(none(verb)) };
    let of_chain = |line: &JobLine| select.chain.as_ref() == Some(&line.chain) && fits(line.phase);
    let mut lines: Vec<JobLine> =
        lines.into_iter().filter(|line| found.contains(&line.job) || of_chain(line)).collect();
    match (lines.pop(), lines.len()) {
        (Some(line), 0) => Ok(line),
        (None, _) => Err(none(verb)),
        (Some(_), others) => {
            let message = format!("{} jobs are meant, and no process runs jobs here", others + 1);
            let error = Failure::usage(code::NO_JOB, message);
            Err(error.hint(format!("`{verb}` runs one job in this process: name one")))
        }
    }
}

fn none(verb: &str) -> Failure {
    Failure::usage(code::NO_JOB, format!("there is no job to {verb}"))
        .hint("`jobs` lists those that are known")
}

/// Sends a command, and tells what became of it for each job.
pub(super) fn command(session: &Session, request: &Request) -> Result<Exit, Failure> {
    let outcomes = session.reach().call(request)?.outcomes();
    if outcomes.is_empty() {
        return Err(Failure::usage(code::NO_JOB, "the command is for no job")
            .hint("`jobs` lists those that are known"));
    }
    let console = &session.console;
    if console.is_json() {
        console.print_json(&serde_json::json!({ "jobs": outcomes }));
    }
    let mut exit = Exit::Done;
    for outcome in outcomes {
        let Outcome { job, chain, state, error } = outcome;
        match error {
            None if console.is_json() => {}
            None => console.print(&format!("{job} {chain} is {state}\n")),
            Some(error) => {
                let failure = Failure::from(error);
                exit = failure.exit();
                session.fail(&failure);
            }
        }
    }
    Ok(exit)
}
