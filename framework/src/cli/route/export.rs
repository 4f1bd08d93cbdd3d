//! `route export`: a config for a mesh, and what of the rules the mesh cannot do.

use std::{fmt::Write as _, fs, path::Path};

use dyeline_router::{
    export::{Exported, Sidecar, code, envoy, istio},
    rules::Rules,
    toml::Mistake,
};
use serde_json::json;

use super::{
    args::{ExportArgs, Mesh},
    check::{Checked, mistakes_json},
    explain::{known_group, known_service},
};
use crate::cli::{Exit, Failure, Session, failure};

/// Writes a config.
pub(super) fn export(session: &Session, args: &ExportArgs) -> Result<Exit, Failure> {
    let checked = Checked::load(&args.file)?;
    let rules = &checked.rules;
    args.from.as_ref().map_or(Ok(()), |from| known_service(rules, from))?;
    args.group.as_ref().map_or(Ok(()), |group| known_group(rules, group))?;
    if checked.mistakes.errors() > 0 {
        return Err(checked.mistakes.into());
    }
    if args.to == Mesh::Istio && (args.from.is_some() || args.group.is_some() || args.out.is_some()) {
        let message = "`--from`, `--group` and `--out` are for Envoy: what Istio is told is for all callers";
        return Err(Failure::usage(failure::code::ARGUMENT, message).hint("leave them out"));
    }
    let Some(folder) = &args.out else {
        let exported = one(args, &checked, args.from.clone(), args.group.clone());
        tell(session, &exported);
        if session.console.is_json() {
            session.console.print_json(&document(args, &exported));
        } else {
            session.console.print(&text(rules, &exported));
        }
        return judged(args, exported.gaps.len());
    };
    let mut gaps = 0;
    let mut files = Vec::new();
    for (service, group) in callers(rules, args) {
        let exported = one(args, &checked, Some(service.clone()), Some(group.clone()));
        gaps += exported.gaps.len();
        let path = folder.join(format!("{service}.{group}.yaml"));
        write(folder, &path, &text(rules, &exported))?;
        files.push(json!({ "path": path, "not_expressed": mistakes_json(&exported.gaps) }));
        if !session.console.is_json() {
            let named = exported.gaps.len();
            session.console.print(&format!("{}: {named} not expressed, named at its top\n", path.display()));
        }
    }
    if session.console.is_json() {
        session.console.print_json(&json!({ "to": "envoy", "files": files }));
    }
    judged(args, gaps)
}

/// The config of one caller.
fn one(args: &ExportArgs, checked: &Checked, service: Option<String>, group: Option<String>) -> Exported {
    let sidecar = Sidecar { service, group, listen: args.listen, edge: args.edge, admin: args.admin };
    match args.to {
        Mesh::Envoy => envoy(&checked.rules, &checked.table, &sidecar),
        Mesh::Istio => istio(&checked.rules, &checked.table),
    }
}

/// Every process that may call: each group of each service, as far as flags do not choose.
fn callers(rules: &Rules, args: &ExportArgs) -> Vec<(String, String)> {
    let services = rules.services.iter().filter(|service| !service.is_topic);
    let all = services.flat_map(|service| {
        let name = &service.name.value;
        service.groups.iter().map(move |group| (name.clone(), group.name.value.clone()))
    });
    let wanted = |(service, group): &(String, String)| {
        args.from.as_ref().is_none_or(|from| from == service)
            && args.group.as_ref().is_none_or(|g| g == group)
    };
    all.filter(wanted).collect()
}

fn tell(session: &Session, exported: &Exported) {
    if !exported.gaps.is_empty() {
        session.console.tell(&exported.gaps.render(session.console.err.look()));
    }
}

/// The config as YAML, with what it does not say in comments before it.
fn text(rules: &Rules, exported: &Exported) -> String {
    let mut text =
        format!("# Made by `dyeline route export` from {}; changes here are lost.\n", rules.source.name());
    if !exported.gaps.is_empty() {
        text += "#\n# Not expressed, or done in another way:\n";
    }
    for gap in exported.gaps.iter() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "# - {}", line(gap));
    }
    let _ = write!(text, "\n{}", exported.document);
    text
}

fn line(gap: &Mistake) -> String {
    let place = gap.place().map(|place| format!("{place}: ")).unwrap_or_default();
    let help = gap.help_text().map(|help| format!(": {help}")).unwrap_or_default();
    // Names have no line ends, but a file may.
    format!("{place}{}{help}", gap.message()).replace(['\n', '\r'], " ")
}

fn document(args: &ExportArgs, exported: &Exported) -> serde_json::Value {
    json!({
        "to": if args.to == Mesh::Istio { "istio" } else { "envoy" },
        "from": args.from,
        "group": args.group,
        "config": exported.document,
        "not_expressed": mistakes_json(&exported.gaps),
    })
}

fn judged(args: &ExportArgs, gaps: usize) -> Result<Exit, Failure> {
    if !args.strict || gaps == 0 {
        return Ok(Exit::Done);
    }
    let message = format!("{gaps} of what the rules say cannot be expressed, and `--strict` allows none");
    let failure = Failure::usage(code::NOT_EXPRESSED, message);
    Err(failure
        .hint("change the rules, take the library or `dyeline route serve` there, or leave `--strict` out"))
}

fn write(folder: &Path, path: &Path, text: &str) -> Result<(), Failure> {
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        Failure::new(Exit::Environment, failure::code::ARGUMENT, message)
            .hint("name a folder that you may write to")
    })
}
