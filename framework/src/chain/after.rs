//! The `after` of a node: where its items come from.

use dyeline_router::toml::{Fields, Item, Mistake, Mistakes, Place, Value, code as toml_code};

const SHAPES: &str = "write `after = \"node\"`, `after = [\"a\", \"b\"]`, `after = \"node.port\"` for a branch, or \
                      `after = { left = \"a\", right = \"b\" }` for a join";

/// One edge as it is written.
#[derive(Clone, Debug)]
pub(super) struct After {
    /// The producing node.
    pub node: String,
    /// Its output port; the main one if none is named.
    pub port: Option<String>,
    /// The input port it leads to; the first one if none is named.
    pub input: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// Reads `after`.
pub(super) fn after(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<After> {
    let what = fields.of_key("after");
    let Some(entry) = fields.get("after") else { return Vec::new() };
    let mut edges = Vec::new();
    match &entry.item.value {
        Value::Table(ports) => {
            for port in &ports.entries {
                read(&what, &port.item, Some(&port.key), &mut edges, mistakes);
            }
        }
        _ => read(&what, &entry.item, None, &mut edges, mistakes),
    }
    edges
}

fn read(what: &str, item: &Item, input: Option<&str>, edges: &mut Vec<After>, mistakes: &mut Mistakes) {
    match &item.value {
        Value::String(text) => {
            let (node, port) = match text.split_once('.') {
                Some((node, port)) => (node, Some(port.to_owned())),
                None => (text.as_str(), None),
            };
            let input = input.map(str::to_owned);
            edges.push(After { node: node.to_owned(), port, input, place: item.place.clone() });
        }
        Value::Array(items) if items.iter().all(|item| matches!(item.value, Value::String(_))) => {
            for item in items {
                read(what, item, input, edges, mistakes);
            }
        }
        other => {
            let message = format!("{what} has to name nodes, and {} does not", other.described());
            mistakes.push(Mistake::error(toml_code::WRONG_TYPE, message).at(item.place.clone()).help(SHAPES));
        }
    }
}
