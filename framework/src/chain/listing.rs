//! What processors there are, for people and for programs.

use std::fmt::Write;

use dyeline_engine::plan::role_name;
use dyeline_router::toml::{Mistake, Mistakes, suggestion};
use serde_json::{Value as Json, json};

use super::{
    catalog::{Catalog, PortItems, PortSpec, ProcessorSpec},
    code,
};

/// All processors, a line each.
pub fn text(catalog: &Catalog) -> String {
    let rows: Vec<[String; 4]> = catalog
        .processors()
        .map(|p| {
            let doc = first_sentence(&p.doc);
            [p.name.clone(), role_name(p.role).to_owned(), signature(p), doc]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, role, signature, doc] in &rows {
        let pad = |cell: &str, width: usize| format!("{cell}{}", " ".repeat(width - cell.chars().count()));
        let line = format!(
            "{}  {}  {}  {doc}",
            pad(name, widths[0]),
            pad(role, widths[1]),
            pad(signature, widths[2])
        );
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// One processor with its parameters.
///
/// # Errors
/// One mistake when there is none of this name.
pub fn one_text(catalog: &Catalog, name: &str) -> Result<String, Mistakes> {
    let p = find(catalog, name)?;
    let mut text = format!("{} ({})  {}\n", p.name, role_name(p.role), signature(p));
    for line in p.doc.lines() {
        let _ = writeln!(text, "  {}", line.trim());
    }
    if p.combines {
        text.push_str("  Combines before an exchange.\n");
    }
    if p.params.is_empty() {
        text.push_str("\nno parameters\n");
        return Ok(text);
    }
    text.push_str("\nparameters\n");
    let head = |param: &dyeline_processors::contract::ParamType| format!("{}: {}", param.name, param.kind);
    let width = p.params.iter().map(|param| head(param).chars().count()).max().unwrap_or(0);
    for param in &p.params {
        let mut notes = Vec::new();
        match (param.required, param.default) {
            (true, _) => notes.push("required".to_owned()),
            (false, Some(default)) => notes.push(format!("default {default}")),
            (false, None) => {}
        }
        for (flag, note) in [(param.live, "may change while running"), (param.secret, "a secret's reference")]
        {
            if flag {
                notes.push(note.to_owned());
            }
        }
        let notes = if notes.is_empty() { String::new() } else { format!("({})", notes.join(", ")) };
        let doc = param.doc.split_whitespace().collect::<Vec<_>>().join(" ");
        let gap = if doc.is_empty() || notes.is_empty() { "" } else { " " };
        let line = format!("  {:width$}  {doc}{gap}{notes}", head(param));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    Ok(text)
}

/// All processors as one JSON document: `{"processors":[…]}`.
pub fn json(catalog: &Catalog) -> Json {
    json!({ "processors": catalog.processors().map(document).collect::<Vec<_>>() })
}

/// One processor as a JSON document.
///
/// # Errors
/// One mistake when there is none of this name.
pub fn one_json(catalog: &Catalog, name: &str) -> Result<Json, Mistakes> {
    find(catalog, name).map(document)
}

fn find<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c ProcessorSpec, Mistakes> {
    catalog.processor(name).ok_or_else(|| {
        let help = suggestion(name, catalog.processors().map(|p| p.name.as_str()));
        Mistakes::from(
            Mistake::error(code::UNKNOWN_PROCESSOR, format!("unknown processor `{name}`")).help(help),
        )
    })
}

/// The first sentence of a text, on one line, without its full stop.
fn first_sentence(doc: &str) -> String {
    let doc = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = doc.split(". ").next().unwrap_or_default();
    first.trim_end_matches('.').to_owned()
}

fn items(port: &PortSpec) -> &str {
    match &port.items {
        PortItems::Record(record) => &record.name,
        PortItems::Declared => "<record>",
        PortItems::Any => "<any>",
    }
}

/// `Position → Income`; ports are named where there are several.
fn signature(p: &ProcessorSpec) -> String {
    let side = |ports: &[PortSpec]| match ports {
        [] => String::new(),
        [only] => items(only).to_owned(),
        several => several
            .iter()
            .map(|port| format!("{}: {}", port.name, items(port)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let shard = p.shard.clone().unwrap_or_default();
    match p.role {
        dyeline_engine::plan::Role::Splitter => format!("→ shards of {shard}"),
        dyeline_engine::plan::Role::Loader if p.shard.is_some() => {
            format!("shards of {shard} → {}", side(&p.outputs))
        }
        _ => format!("{} → {}", side(&p.inputs), side(&p.outputs)).trim_end_matches("→ ").trim().to_owned(),
    }
}

fn document(p: &ProcessorSpec) -> Json {
    let ports = |ports: &[PortSpec]| -> Json {
        ports
            .iter()
            .map(|port| match &port.items {
                PortItems::Record(record) => json!({ "name": port.name, "record": record.name }),
                PortItems::Declared => json!({ "name": port.name, "record": null, "declared": true }),
                PortItems::Any => json!({ "name": port.name, "record": null, "any": true }),
            })
            .collect()
    };
    json!({
        "name": p.name,
        "role": p.role,
        "doc": p.doc,
        "inputs": ports(&p.inputs),
        "outputs": ports(&p.outputs),
        "shard": p.shard,
        "state": p.state,
        "combines": p.combines,
        "params": p.params,
    })
}
