//! `route explain`: where the calls of a job go, and why.

use dyeline_router::{
    decide::{ExplainedHop, ExplainedPath, Question},
    rules::{Mode, Rules, ServiceRule, code},
    toml::suggestion,
};
use serde_json::{Value, json};

use super::{args::ExplainArgs, check::Checked};
use crate::cli::{Exit, Failure, Session};

/// Shows where calls go.
pub(super) fn explain(session: &Session, args: &ExplainArgs) -> Result<Exit, Failure> {
    let checked = Checked::load(&args.file)?;
    let question = question(&checked.rules, args)?;
    if checked.mistakes.errors() > 0 {
        let file = checked.rules.source.name();
        session.console.tell(&format!("{file} cannot be used as it is: see `dyeline route check {file}`"));
    }
    let explained = checked.table.explain_path(&checked.rules, &question);
    if session.console.is_json() {
        session.console.print_json(&document(&explained));
    } else {
        session.console.print(&explained.to_string());
    }
    Ok(Exit::Done)
}

/// What is asked, of names that the rules have.
fn question(rules: &Rules, args: &ExplainArgs) -> Result<Question, Failure> {
    let iteration = match &args.version {
        Some(version) => format!("{}@{version}", args.chain),
        None => args.chain.clone(),
    };
    if rules.chains_of(&iteration).next().is_none() {
        let known = rules.chains.iter().map(|chain| chain.iteration.value.as_str());
        return Err(unknown(
            rules,
            code::UNKNOWN_CHAIN,
            &format!("no chain `{iteration}`"),
            &iteration,
            known,
        ));
    }
    let call = args.call.as_ref();
    let from = call.and_then(|call| call.from.as_ref()).or(args.from.as_ref());
    from.map_or(Ok(()), |from| known_service(rules, from))?;
    call.map_or(Ok(()), |call| known_service(rules, &call.to))?;
    for (to, group) in &args.down {
        known_service(rules, to)?;
        let groups = || rules.service(to).into_iter().flat_map(|service| &service.groups);
        if !groups().any(|known| known.name.value == *group) {
            let known = groups().map(|known| known.name.value.as_str());
            let what = format!("no group `{group}` of `{to}`");
            return Err(unknown(rules, code::UNKNOWN_GROUP, &what, group, known));
        }
    }
    args.group.as_ref().map_or(Ok(()), |group| known_group(rules, group))?;
    Ok(Question {
        iteration,
        job: args.job.clone(),
        roll: args.roll,
        call: call.map(|call| (from.cloned(), call.to.clone())),
        group: args.group.clone(),
        down: args.down.clone(),
    })
}

/// Refuses a service or topic that the rules do not have.
pub(super) fn known_service(rules: &Rules, name: &str) -> Result<(), Failure> {
    if rules.service(name).is_some() {
        return Ok(());
    }
    let known: Vec<String> = rules.services.iter().map(ServiceRule::target).collect();
    let what = format!("no service `{name}`");
    Err(unknown(rules, code::UNKNOWN_SERVICE, &what, name, known.iter().map(String::as_str)))
}

/// Refuses a group that no service has.
pub(super) fn known_group(rules: &Rules, name: &str) -> Result<(), Failure> {
    let groups = rules.services.iter().flat_map(|service| &service.groups);
    let known: Vec<&str> = groups.map(|group| group.name.value.as_str()).collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(unknown(rules, code::UNKNOWN_GROUP, &format!("no group `{name}`"), name, known))
}

/// A name that the rules do not have.
fn unknown<'a>(
    rules: &Rules,
    code: &str,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Failure {
    let message = format!("{} has {what}", rules.source.name());
    Failure::usage(code, message).hint(suggestion(name, known))
}

fn document(explained: &ExplainedPath) -> Value {
    json!({
        "path": explained.path.iter().map(hop).collect::<Vec<_>>(),
        "lane": explained.lane,
        "mode": if explained.mode == Mode::Strict { "strict" } else { "permissive" },
    })
}

fn hop(hop: &ExplainedHop) -> Value {
    json!({
        "hop": hop.hop,
        "service": hop.service,
        "group": hop.group,
        "endpoint": hop.endpoint,
        "roll": hop.roll,
        "reasons": hop.reasons,
        "error": hop.error,
    })
}
