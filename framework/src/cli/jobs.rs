//! `jobs` and `jobs purge`: a line for each job, and forgetting ended ones.

use dyeline_router::toml::parse_duration;

use super::{
    Exit, Failure, Session,
    args::{JobsCommand, ListArgs, PurgeArgs},
    failure::code,
};
use crate::{
    control::{Answer, Purge, Request},
    view::JobLine,
};

/// Lists all jobs, or forgets ended ones.
pub(super) fn jobs(session: &Session, args: ListArgs) -> Result<Exit, Failure> {
    match args.command {
        None => list(session),
        Some(JobsCommand::Purge(args)) => purge(session, args),
    }
}

fn list(session: &Session) -> Result<Exit, Failure> {
    let Answer::Jobs(lines) = session.reach().call(&Request::Jobs)? else { return Ok(Exit::Done) };
    show(session, &lines);
    if lines.is_empty() {
        session.console.tell(&format!("no jobs in `{}`", session.settings.data.display()));
    }
    Ok(Exit::Done)
}

fn show(session: &Session, lines: &[JobLine]) {
    let console = &session.console;
    if console.is_json() {
        console.print_json(&serde_json::json!({ "jobs": lines }));
    } else if !lines.is_empty() {
        console.print(&JobLine::table(lines, console.out.width));
    }
}

fn purge(session: &Session, args: PurgeArgs) -> Result<Exit, Failure> {
    let older_than_ms = args.older_than.map(|text| age_ms(&text)).transpose()?;
    let dry_run = args.dry_run;
    let state = args.state.map(Into::into);
    let purge = Purge { jobs: args.jobs, chain: args.chain, state, older_than_ms, dry_run };
    let Answer::Purged(lines) = session.reach().call(&Request::Purge(purge))? else { return Ok(Exit::Done) };
    show(session, &lines);
    let verb = if dry_run { "would be forgotten" } else { "forgotten" };
    let jobs = if lines.len() == 1 { "job" } else { "jobs" };
    session.console.tell(&format!("{} {jobs} {verb}", lines.len()));
    Ok(Exit::Done)
}

fn age_ms(text: &str) -> Result<u64, Failure> {
    let read = parse_duration(text);
    let age = read.map_err(|why| {
        Failure::usage(code::ARGUMENT, format!("`--older-than {text}` is no duration: {why}"))
            .hint("write a number and a unit: `30m`, `12h`, `7d`")
    })?;
    Ok(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}
