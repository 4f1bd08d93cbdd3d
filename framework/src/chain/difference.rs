//! What changed between two chains, or between two sets of parameters, a line each.

use std::time::Duration;

use dyeline_router::toml::format_duration;
use serde_json::{Map, Value as Json};

/// The lines that tell one canonical chain ([`super::Resolved::canonical`]) from another; empty when they are equal.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (Some(old), Some(new)) = (object(old), object(new)) else {
        return if old == new { Vec::new() } else { vec!["the chain was written by another version".into()] };
    };
    let mut lines = Vec::new();
    for key in ["chain", "version"] {
        compare(&format!("the {key}"), old.get(key), new.get(key), &mut lines);
    }
    let none = Map::new();
    let nodes = |chain: &Map<String, Json>| match chain.get("nodes") {
        Some(Json::Object(nodes)) => nodes.clone(),
        _ => none.clone(),
    };
    let (old_nodes, new_nodes) = (nodes(&old), nodes(&new));
    for (name, node) in &old_nodes {
        match new_nodes.get(name) {
            None => lines.push(format!("node `{name}` is gone")),
            Some(now) => node_difference(name, node, now, &mut lines),
        }
    }
    for (name, node) in new_nodes.iter().filter(|(name, _)| !old_nodes.contains_key(*name)) {
        let processor = node.get("processor").and_then(Json::as_str).unwrap_or_default();
        lines.push(format!("node `{name}` is new: `{processor}`"));
    }
    if lines.is_empty() && old.get("order") != new.get("order") {
        lines.push("the nodes stand in another order".into());
    }
    lines
}

/// The lines that tell one set of parameters, as canonical JSON, from another.
pub fn params_difference(old: &str, new: &str) -> Vec<String> {
    let (Some(old), Some(new)) = (object(old), object(new)) else {
        return if old == new {
            Vec::new()
        } else {
            vec!["the parameters were written by another version".into()]
        };
    };
    let mut lines = Vec::new();
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names {
        compare(&format!("parameter `{name}`"), old.get(name), new.get(name), &mut lines);
    }
    lines
}

fn object(text: &str) -> Option<Map<String, Json>> {
    match serde_json::from_str(text) {
        Ok(Json::Object(map)) => Some(map),
        _ => None,
    }
}

fn node_difference(name: &str, old: &Json, new: &Json, lines: &mut Vec<String>) {
    let (Json::Object(old), Json::Object(new)) = (old, new) else { return };
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        match (key.as_str(), before, after) {
            ("params" | "policy", Some(Json::Object(before)), Some(Json::Object(after))) => {
                let what = if key == "params" { "parameter" } else { "policy" };
                let inner = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
                for inner in inner {
                    let what = format!("{what} `{inner}` of node `{name}`");
                    compare(&what, before.get(inner), after.get(inner), lines);
                }
            }
            ("inputs", Some(Json::Array(before)), Some(Json::Array(after))) => {
                inputs_difference(name, before, after, lines);
            }
            _ => compare(&format!("the {key} of node `{name}`"), before, after, lines),
        }
    }
}

/// Edges: where items come from, what they are, and whether the record's fields changed under its name.
fn inputs_difference(name: &str, old: &[Json], new: &[Json], lines: &mut Vec<String>) {
    let text = |edge: &Json, key: &str| edge.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let wires = |edges: &[Json]| -> Vec<(String, Json, Json)> {
        let port = |edge: &Json, key: &str| edge.get(key).cloned().unwrap_or_default();
        edges.iter().map(|e| (text(e, "from"), port(e, "output"), port(e, "input"))).collect()
    };
    if wires(old) != wires(new) {
        let names = |edges: &[Json]| -> String {
            let names: Vec<String> = edges.iter().map(|edge| format!("`{}`", text(edge, "from"))).collect();
            if names.is_empty() { "nothing".into() } else { names.join(", ") }
        };
        lines.push(format!("node `{name}` came after {}, and comes after {} now", names(old), names(new)));
        return;
    }
    for (before, after) in old.iter().zip(new) {
        let (was, is) = (text(before, "record"), text(after, "record"));
        if was != is {
            lines.push(format!("node `{name}` read `{was}`, and reads `{is}` now"));
        } else if text(before, "schema") != text(after, "schema") {
            lines.push(format!("record `{was}`, which node `{name}` reads, has other fields now"));
        }
    }
}

fn compare(what: &str, old: Option<&Json>, new: Option<&Json>, lines: &mut Vec<String>) {
    let (old, new) = (old.filter(|v| !v.is_null()), new.filter(|v| !v.is_null()));
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            lines.push(format!("{what} was {}, and is {} now", shown(old), shown(new)));
        }
        (Some(old), None) => lines.push(format!("{what} was {}, and is not set now", shown(old))),
        (None, Some(new)) => lines.push(format!("{what} was not set, and is {} now", shown(new))),
        _ => {}
    }
}

/// A value as a chain file would say it.
fn shown(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            if let (Some(secs), Some(nanos), 2) = (map.get("secs"), map.get("nanos"), map.len()) {
                let part = |value: &Json| value.as_u64().unwrap_or_default();
                return format_duration(Duration::from_secs(part(secs)) + Duration::from_nanos(part(nanos)));
            }
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries: Vec<String> =
                entries.map(|(key, value)| format!("{key} = {}", shown(value))).collect();
            if entries.is_empty() { "{}".into() } else { format!("{{ {} }}", entries.join(", ")) }
        }
        Json::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
