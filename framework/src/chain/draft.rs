//! One node as it is written, with every name in it looked up except those of other nodes.

use std::collections::BTreeMap;

use dyeline_engine::plan::{Barrier, NodePolicy, Role};
use dyeline_processors::contract::ParamType;
use dyeline_router::toml::{
    Entry, Fields, Item, Mistake, Mistakes, Place, Table, Value, code as toml_code, nearest, suggestion,
};
use serde_json::Map;

use super::{
    ParamKind,
    after::{After, after},
    catalog::{Catalog, PortItems, ProcessorSpec, RecordSpec},
    code, json,
    moves::{Moves, barrier, exchange, shard_count},
    params::absolute,
    policy,
};

/// Keys of a node that are not parameters of its processor.
pub const RESERVED_KEYS: &[&str] = &[
    "processor",
    "after",
    "record",
    "skip",
    "retry",
    "exchange",
    "barrier",
    "checkpoint",
    "group",
    "timeout",
    "isolate",
    "concurrency",
    "rate",
    "priority",
    "cost",
    "retain",
    "labels",
    "policy",
];

/// Keys whose values hold no placeholders, since they say what the chain is, not what it works on.
pub(super) const FIXED: &[&str] = &["processor", "after", "record"];

/// Reserved keys that this build does not act on yet, and what to do instead.
const LATER: &[(&str, &str)] = &[
    ("rate", "limit how many run at once with `concurrency`"),
    ("isolate", "take it out: attempts run in threads, and a panic ends its own attempt only"),
    ("retain", "set `retain` under `[chain]`"),
];

/// What all nodes of a chain are read with.
pub(super) struct Setting<'a> {
    pub catalog: &'a Catalog,
    /// The folder of relative paths.
    pub base: &'a std::path::Path,
    /// What `[chain] policy` says.
    pub policy: &'a NodePolicy,
    /// Records that the file declares, which is a mistake already.
    pub declared_records: &'a [String],
}

/// One node.
pub(super) struct Draft<'a> {
    pub name: String,
    pub place: Place,
    pub spec: Option<&'a ProcessorSpec>,
    pub after: Vec<After>,
    pub record: Option<&'a RecordSpec>,
    pub record_place: Option<Place>,
    pub moves: Moves,
    pub barrier: Option<Barrier>,
    pub policy: NodePolicy,
    pub group: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub params: Map<String, serde_json::Value>,
    /// Keys whose values are not known yet.
    pub pending: Vec<String>,
}

/// Reads a node whose placeholders are replaced.
pub(super) fn draft<'a>(
    name_entry: &Entry,
    table: &Table,
    setting: &Setting<'a>,
    mistakes: &mut Mistakes,
) -> Draft<'a> {
    let name = name_entry.key.as_str();
    check_name("node", name, Some(&name_entry.key_place), mistakes);
    let mut fields = Fields::new(format!("node `{name}`"), table, name_entry.key_place.clone());
    let spec = processor(&mut fields, setting.catalog, mistakes);
    let after = after(&mut fields, mistakes);
    let record = record(&mut fields, setting, mistakes);
    let record_place = fields.get("record").map(|entry| entry.item.place.clone());
    let moves = exchange(&mut fields, spec, mistakes);
    let barrier = barrier(&mut fields, mistakes);
    let mut node_policy = setting.policy.clone();
    let what = fields.of_key("policy");
    let inner = fields.get("policy").and_then(|entry| Fields::of(what, &entry.item, mistakes));
    if let Some(mut inner) = inner {
        policy::read(&mut inner, &mut node_policy, mistakes);
        inner.finish(mistakes);
    }
    policy::read(&mut fields, &mut node_policy, mistakes);
    let group = fields.string("group", mistakes).map(str::to_owned);
    if let (Some(group), Some(entry)) = (&group, fields.get("group")) {
        check_name("group", group, Some(&entry.item.place), mistakes);
    }
    let labels = labels(&mut fields, mistakes);
    for (key, instead) in LATER {
        if let Some(entry) = fields.get(key) {
            let message = format!("{} is not available in this version", fields.of_key(key));
            mistakes.push(
                Mistake::error(code::NOT_AVAILABLE, message).at(entry.key_place.clone()).help(*instead),
            );
        }
    }
    let params = match spec {
        Some(spec) => params(&mut fields, spec, setting, mistakes),
        None => {
            misspelt_processor(&mut fields, mistakes);
            Map::new()
        }
    };
    fields.finish_missing(mistakes);
    let pending = table.entries.iter().filter(|entry| is_pending(&entry.item.value));
    let pending = pending.map(|entry| entry.key.clone()).collect();
    let (name, place) = (name.to_owned(), name_entry.key_place.clone());
    Draft {
        name,
        place,
        spec,
        after,
        record,
        record_place,
        moves,
        barrier,
        policy: node_policy,
        group,
        labels,
        params,
        pending,
    }
}

/// Whether a value, or a part of it, is known only when parameters are given.
fn is_pending(value: &Value) -> bool {
    match value {
        Value::Pending(_) => true,
        Value::Array(items) => items.iter().any(|item| is_pending(&item.value)),
        Value::Table(table) => table.entries.iter().any(|entry| is_pending(&entry.item.value)),
        _ => false,
    }
}

/// Names of chains, nodes and groups.
pub(super) fn check_name(what: &str, name: &str, place: Option<&Place>, mistakes: &mut Mistakes) {
    const LONGEST: usize = 100;
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(valid) {
        let mistake = Mistake::error(code::BAD_NAME, format!("`{name}` cannot be the name of a {what}"));
        let help = format!("use small letters, digits and `-`, at most {LONGEST} of them");
        mistakes.push(mistake.at(place.cloned()).label("not a name").help(help));
    }
}

fn processor<'a>(
    fields: &mut Fields<'_>,
    catalog: &'a Catalog,
    mistakes: &mut Mistakes,
) -> Option<&'a ProcessorSpec> {
    fields.require("processor", "processor = \"csv-load\"")?;
    let name = fields.string("processor", mistakes)?;
    let spec = catalog.processor(name);
    if spec.is_none() {
        let place = fields.get("processor").map(|entry| entry.item.place.clone());
        let help = suggestion(name, catalog.processors().map(|p| p.name.as_str()));
        let mistake =
            Mistake::error(code::UNKNOWN_PROCESSOR, format!("unknown processor `{name}`")).at(place);
        mistakes.push(mistake.label("no processor has this name").help(help));
    }
    spec
}

/// Without a processor no other key can be called unknown, but for the one that was meant to name it: nothing else
/// would be said of the node.
fn misspelt_processor(fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
    if fields.get("processor").is_some() {
        return;
    }
    fields.allow(RESERVED_KEYS.iter().copied());
    for entry in fields.rest().filter(|entry| nearest(&entry.key, ["processor"]).is_some()) {
        let message = format!("{} has no key `{}`", fields.what(), entry.key);
        let mistake = Mistake::error(toml_code::UNKNOWN_KEY, message).at(entry.key_place.clone());
        mistakes.push(mistake.label("unknown key").help("did you mean `processor`?"));
    }
}

fn record<'a>(
    fields: &mut Fields<'_>,
    setting: &Setting<'a>,
    mistakes: &mut Mistakes,
) -> Option<&'a RecordSpec> {
    let name = fields.string("record", mistakes)?;
    let record = setting.catalog.record(name);
    if record.is_none() && !setting.declared_records.iter().any(|declared| declared == name) {
        let place = fields.get("record").map(|entry| entry.item.place.clone());
        let known: Vec<&str> = setting.catalog.records().map(|r| r.name.as_str()).collect();
        let help = match known.is_empty() {
            true => "derive `Record` for a struct of this name".to_owned(),
            false => suggestion(name, known),
        };
        let mistake = Mistake::error(code::UNKNOWN_RECORD, format!("unknown record `{name}`")).at(place);
        mistakes.push(mistake.label("no record has this name").help(help));
    }
    record
}

pub(super) fn labels(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> BTreeMap<String, String> {
    let what = fields.of_key("labels");
    let Some(entry) = fields.get("labels") else { return BTreeMap::new() };
    let Some(mut table) = Fields::of(what, &entry.item, mistakes) else { return BTreeMap::new() };
    let keys: Vec<&String> = table.rest().map(|entry| &entry.key).collect();
    let mut read = BTreeMap::new();
    for key in keys {
        if let Some(value) = table.string(key, mistakes) {
            read.insert(key.clone(), value.to_owned());
        }
    }
    read
}

/// Everything that is left belongs to the processor.
fn params(
    fields: &mut Fields<'_>,
    spec: &ProcessorSpec,
    setting: &Setting<'_>,
    mistakes: &mut Mistakes,
) -> Map<String, serde_json::Value> {
    fields.allow(RESERVED_KEYS.iter().copied());
    let mut read = Map::new();
    for entry in fields.rest() {
        let Some(param) = spec.params.iter().find(|param| param.name == entry.key) else {
            let known = spec.params.iter().map(|p| p.name).chain(RESERVED_KEYS.iter().copied());
            let message = format!("{} has no parameter `{}`", processor_of(fields, spec), entry.key);
            let mistake = Mistake::error(code::UNKNOWN_PARAM, message).at(entry.key_place.clone());
            mistakes
                .push(mistake.label("unknown parameter").help(unknown_param_help(&entry.key, spec, known)));
            continue;
        };
        if let Some(value) =
            param_value(&fields.of_key(param.name), param, spec, &entry.item, setting, mistakes)
        {
            read.insert(entry.key.clone(), value);
        }
    }
    let given: Vec<&str> = fields.rest().map(|entry| entry.key.as_str()).collect();
    let unknown = |key: &&str| !spec.params.iter().any(|p| p.name == *key);
    for param in spec.params.iter().filter(|p| p.required && !given.contains(&p.name)) {
        // A misspelt key is one mistake, not two.
        if given.iter().copied().filter(unknown).any(|key| nearest(key, [param.name]).is_some()) {
            continue;
        }
        let message = format!("{} needs `{}`", processor_of(fields, spec), param.name);
        let doc = if param.doc.is_empty() { String::new() } else { format!(": {}", param.doc.trim()) };
        let mistake = Mistake::error(code::MISSING_PARAM, message).at(fields.place().clone());
        let label = format!("`{}` is missing", param.name);
        mistakes.push(mistake.label(label).help(format!(
            "give `{}`, {}{doc}",
            param.name,
            with_article(&param.kind)
        )));
    }
    read
}

fn processor_of(fields: &Fields<'_>, spec: &ProcessorSpec) -> String {
    format!("{} (`{}`)", fields.what(), spec.name)
}

fn unknown_param_help<'k>(key: &str, spec: &ProcessorSpec, known: impl Iterator<Item = &'k str>) -> String {
    match nearest(key, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if spec.params.is_empty() => "it has no parameters".into(),
        None => suggestion(key, spec.params.iter().map(|p| p.name)),
    }
}

fn param_value(
    what: &str,
    param: &ParamType,
    spec: &ProcessorSpec,
    item: &Item,
    setting: &Setting<'_>,
    mistakes: &mut Mistakes,
) -> Option<serde_json::Value> {
    let counts_shards = spec.role == Role::Splitter && param.name == "shards";
    if counts_shards && matches!(item.value, Value::Integer(_)) {
        return shard_count(what, item, mistakes).map(Into::into);
    }
    let exact = param.kind.contains("decimal");
    let value = match (&item.value, json::from_item(item, exact)) {
        (_, Some(value)) if param.path => at_base(value, setting.base),
        (_, Some(value)) => value,
        (Value::Pending(kind), None) => return check_pending(what, param, kind, item, mistakes),
        // A list or table with something pending in it.
        (_, None) => return None,
    };
    match (param.check)(&value) {
        Ok(()) => Some(value),
        Err(error) => {
            // A pasted secret is not repeated: its own check does not show it.
            let message = format!("{what} has to be {}, not {}", error.expected, error.found);
            let mistake = Mistake::error(code::BAD_PARAM, message).at(item.place.clone());
            mistakes.push(mistake.label(format!("{} is expected", with_article(&param.kind))));
            None
        }
    }
}

/// Whether a parameter of the chain can stand here, by trying a value of its type.
fn check_pending(
    what: &str,
    param: &ParamType,
    kind: &str,
    item: &Item,
    mistakes: &mut Mistakes,
) -> Option<serde_json::Value> {
    let kind = ParamKind::ALL.into_iter().find(|known| known.described() == kind)?;
    // Of a text it cannot be told before it is given.
    if !matches!(kind, ParamKind::String) && (param.check)(&kind.sample("x")).is_err() {
        let message = format!("{what} has to be {}, not {}", with_article(&param.kind), kind.described());
        let mistake = Mistake::error(toml_code::WRONG_TYPE, message).at(item.place.clone());
        mistakes.push(mistake.label(format!("stands for {}", kind.described())));
    }
    None
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Paths of a file are relative to the file, alone or in a list.
fn at_base(value: serde_json::Value, base: &std::path::Path) -> serde_json::Value {
    match value {
        serde_json::Value::String(text) if !text.is_empty() => absolute(base, &text).into(),
        serde_json::Value::Array(items) => items.into_iter().map(|item| at_base(item, base)).collect(),
        other => other,
    }
}

/// Whether a processor has a port that carries the record its node names.
pub(super) fn declares(spec: &ProcessorSpec) -> bool {
    spec.inputs.iter().chain(&spec.outputs).any(|port| port.items == PortItems::Declared)
}
