//! `chain check` and `chain show`: what a chain file says and how it is planned; nothing runs.

use serde_json::json;

use super::{
    Exit, Failure, Session,
    args::{ChainArgs, ChainCommand, GivenArgs, PlanFormat},
    failure::code,
};
use crate::chain::{self, Catalog, Chain, Given, Resolved, show};

/// Checks or shows a chain.
pub(super) fn chain(session: &Session, command: ChainCommand) -> Result<Exit, Failure> {
    match command {
        ChainCommand::Check(args) => check(session, &args),
        ChainCommand::Show { chain, format } => show_plan(session, &chain, format),
    }
}

fn check(session: &Session, args: &ChainArgs) -> Result<Exit, Failure> {
    let (chain, resolved, plan) = planned(session, args)?;
    if session.console.is_json() {
        let document = json!({
            "chain": chain.name(),
            "version": chain.version(),
            "nodes": resolved.graph.nodes.len(),
            "stages": plan.stages.len(),
            "to_be_given": resolved.samples,
            "warnings": resolved.warnings.len(),
        });
        session.console.print_json(&document);
    } else {
        session.console.print(&format!("{}\n", show::summary(&chain, &plan).trim_end()));
    }
    Ok(Exit::Done)
}

fn show_plan(session: &Session, args: &ChainArgs, format: PlanFormat) -> Result<Exit, Failure> {
    let (chain, resolved, plan) = planned(session, args)?;
    if session.console.is_json() {
        session.console.print_json(&json!({
            "chain": chain.name(),
            "version": chain.version(),
            "params": serde_json::from_str::<serde_json::Value>(&resolved.params_resolved).unwrap_or_default(),
            "to_be_given": resolved.samples,
            "graph": resolved.graph,
            "plan": plan,
        }));
        return Ok(Exit::Done);
    }
    if !resolved.samples.is_empty() {
        let names: Vec<String> = resolved.samples.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        session.console.tell(&format!("shown with some value for {names}, which a launch has to give"));
    }
    let text = match format {
        PlanFormat::Tree => show::tree(&plan, &resolved),
        PlanFormat::Dot => show::dot(&plan, &resolved),
        PlanFormat::Mermaid => show::mermaid(&plan, &resolved),
    };
    session.console.print(&format!("{}\n", text.trim_end()));
    Ok(Exit::Done)
}

fn planned(
    session: &Session,
    args: &ChainArgs,
) -> Result<(Chain, Resolved, dyeline_engine::plan::Plan), Failure> {
    let chain = Chain::load(&args.file, &Catalog::registered())?;
    // The file alone can be looked at: what a launch has to give may be absent.
    let resolved = chain.sketch(&given(&args.given)?)?;
    let plan = chain::plan(&chain, &resolved)?;
    if !resolved.warnings.is_empty() {
        session.console.tell(&resolved.warnings.render(session.console.err.look()));
    }
    Ok((chain, resolved, plan))
}

/// What flags and variables give a chain.
pub(super) fn given(args: &GivenArgs) -> Result<Given, Failure> {
    let folder = std::env::current_dir().map_err(|error| {
        let message = format!("the current folder cannot be found: {error}");
        Failure::new(Exit::Environment, code::ARGUMENT, message).hint("change to a folder that exists")
    })?;
    let as_of = match &args.as_of {
        Some(text) => Given::parse_as_of(text)?,
        None => jiff::Timestamp::now(),
    };
    let mut given = Given::new(as_of, folder);
    given.params = args.params.clone();
    given.group = args.group.clone();
    // A variable whose name or value is no text cannot be a parameter's.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    given.env = Given::env_from(variables);
    Ok(given)
}
