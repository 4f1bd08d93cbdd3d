//! `set`: limits, policies and live parameters of an unfinished job.

use dyeline_router::toml::{parse_duration, parse_duration_range};

use super::{
    Exit, Failure, Session, act,
    args::{SelectArgs, name_and_value},
    failure::code,
};
use crate::control::{Change, Request};

/// What can change on an unfinished job. It holds for what is handed out from then on; live parameters reach running
/// attempts as well.
#[derive(Clone, Debug, clap::Args)]
pub struct SetArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// A live parameter of a node
    #[arg(long = "param", value_name = "NODE.NAME=VALUE", value_parser = name_and_value)]
    params: Vec<(String, String)>,
    /// Attempts at once, of the job or of a node; `none` lifts the limit
    #[arg(long, value_name = "[NODE=]N")]
    concurrency: Vec<String>,
    /// The job's priority; larger goes first
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    priority: Option<i32>,
    /// Retries of a node, such as `accrue=5` or `accrue=5,200ms..30s`
    #[arg(long, value_name = "NODE=N[,MIN..MAX]", value_parser = name_and_value)]
    retry: Vec<(String, String)>,
    /// Items of a node that may be given up; `none` for not one
    #[arg(long, value_name = "NODE=N", value_parser = name_and_value)]
    skip: Vec<(String, String)>,
    /// How long an attempt may run; `none` lifts the limit
    #[arg(long, value_name = "NODE=DURATION", value_parser = name_and_value)]
    timeout: Vec<(String, String)>,
    /// Time between checkpoints; `none` is the default
    #[arg(long, value_name = "NODE=DURATION", value_parser = name_and_value)]
    checkpoint: Vec<(String, String)>,
    /// What an attempt costs, in thousandths of a slot; `none` is the default
    #[arg(long, value_name = "NODE=N", value_parser = name_and_value)]
    cost: Vec<(String, String)>,
}

/// Changes jobs.
pub(super) fn set(session: &Session, args: SetArgs) -> Result<Exit, Failure> {
    let changes = changes(&args)?;
    if changes.is_empty() {
        let error = Failure::usage(code::ARGUMENT, "`set` is given nothing to change");
        return Err(
            error.hint("write a change behind the job, such as `--concurrency 4`; `set --help` lists them")
        );
    }
    act::command(session, &Request::Set { select: args.select.into(), changes })
}

/// What the flags ask for.
fn changes(args: &SetArgs) -> Result<Vec<Change>, Failure> {
    let folder = std::env::current_dir().ok().map(|folder| folder.to_string_lossy().into_owned());
    let mut changes = Vec::new();
    for (name, value) in &args.params {
        let Some((node, param)) =
            name.split_once('.').filter(|(node, param)| !node.is_empty() && !param.is_empty())
        else {
            let error = Failure::usage(code::ARGUMENT, format!("`--param {name}=…` names no node"));
            return Err(error.hint("write `--param NODE.NAME=VALUE`; `status JOB` lists the nodes"));
        };
        let (node, param, value) = (node.to_owned(), param.to_owned(), value.clone());
        changes.push(Change::Param { node, param, value, folder: folder.clone() });
    }
    for text in &args.concurrency {
        let (node, number) =
            text.split_once('=').map_or((None, text.as_str()), |(node, n)| (Some(node.to_owned()), n));
        changes.push(Change::Concurrency { node, limit: number_or_none("concurrency", number)? });
    }
    changes.extend(args.priority.map(|priority| Change::Priority { priority }));
    for (node, text) in &args.retry {
        changes.push(retry(node, text)?);
    }
    for (node, text) in &args.skip {
        changes.push(Change::Skip { node: node.clone(), limit: number_or_none("skip", text)? });
    }
    for (node, text) in &args.timeout {
        changes.push(Change::Timeout { node: node.clone(), ms: duration_or_none("timeout", text)? });
    }
    for (node, text) in &args.checkpoint {
        changes.push(Change::Checkpoint { node: node.clone(), ms: duration_or_none("checkpoint", text)? });
    }
    for (node, text) in &args.cost {
        changes.push(Change::Cost { node: node.clone(), cost: number_or_none("cost", text)? });
    }
    Ok(changes)
}

fn retry(node: &str, text: &str) -> Result<Change, Failure> {
    let (number, range) = text.split_once(',').map_or((text, None), |(number, range)| (number, Some(range)));
    let max =
        number.trim().parse().map_err(|_| bad("retry", text, "write a number of retries, such as `5`"))?;
    let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let backoff_ms = match range.map(parse_duration_range) {
        None => None,
        Some(Ok((least, most))) => Some((ms(least), ms(most))),
        Some(Err(why)) => return Err(bad("retry", text, &format!("the back-off does not read: {why}"))),
    };
    Ok(Change::Retry { node: node.to_owned(), max, backoff_ms })
}

fn number_or_none<T: std::str::FromStr>(flag: &str, text: &str) -> Result<Option<T>, Failure> {
    if text == "none" {
        return Ok(None);
    }
    text.replace('_', "").parse().map(Some).map_err(|_| bad(flag, text, "write a whole number, or `none`"))
}

fn duration_or_none(flag: &str, text: &str) -> Result<Option<u64>, Failure> {
    if text == "none" {
        return Ok(None);
    }
    let read = parse_duration(text)
        .map_err(|why| bad(flag, text, &format!("write a duration such as `30s`: {why}")));
    read.map(|duration| Some(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}

fn bad(flag: &str, text: &str, hint: &str) -> Failure {
    Failure::usage(code::ARGUMENT, format!("`--{flag}` cannot be `{text}`")).hint(hint)
}
