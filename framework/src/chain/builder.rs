//! Chains built in Rust: the same model, through the same checks.
//!
//! A builder writes the chain file that its calls describe and reads it, so there is one reader, one set of checks,
//! and a mistake is shown at its place in that text.

use std::path::PathBuf;

use dyeline_router::toml::{Mistakes, Source};
use serde_json::{Map, Value as Json};

use super::{Catalog, Chain, ParamKind};

/// Builds a chain; [`Chain::builder`] starts one.
///
/// Calls such as [`ChainBuilder::param`] and [`ChainBuilder::after`] say something of the node that was added last;
/// before the first node, [`ChainBuilder::set`] says something of the chain.
#[derive(Clone, Debug)]
pub struct ChainBuilder {
    head: Map<String, Json>,
    declared: Vec<(String, Map<String, Json>)>,
    nodes: Vec<(String, Vec<(String, Json)>)>,
    folder: PathBuf,
}

impl Chain {
    /// Starts to build a chain of this name. Relative paths are relative to the current folder.
    pub fn builder(name: impl Into<String>) -> ChainBuilder {
        ChainBuilder {
            head: Map::from_iter([("name".to_owned(), Json::from(name.into()))]),
            declared: Vec::new(),
            nodes: Vec::new(),
            folder: PathBuf::from("."),
        }
    }
}

impl ChainBuilder {
    /// The folder of relative paths, instead of the current one.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The chain's version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.head.insert("version".into(), version.into().into());
        self
    }

    /// Declares a parameter that a launch has to give.
    #[must_use]
    pub fn input(mut self, name: impl Into<String>, kind: ParamKind) -> Self {
        let body = Map::from_iter([("type".to_owned(), Json::from(kind.name()))]);
        self.declared.push((name.into(), body));
        self
    }

    /// Declares a parameter with a default.
    #[must_use]
    pub fn input_or(mut self, name: impl Into<String>, kind: ParamKind, default: impl Into<Json>) -> Self {
        let body = [("type".to_owned(), Json::from(kind.name())), ("default".to_owned(), default.into())];
        self.declared.push((name.into(), Map::from_iter(body)));
        self
    }

    /// Adds a node.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>, processor: impl Into<String>) -> Self {
        self.nodes.push((name.into(), vec![("processor".to_owned(), Json::from(processor.into()))]));
        self
    }

    /// Sets a parameter of the node's processor.
    #[must_use]
    pub fn param(self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.set(name, value)
    }

    /// Lets the node read from another, or from a port of it (`"check.rejected"`). Several calls are a fan-in.
    #[must_use]
    pub fn after(mut self, node: impl Into<String>) -> Self {
        let node = Json::from(node.into());
        if let Some((_, keys)) = self.nodes.last_mut() {
            match keys.iter_mut().find(|(key, _)| key == "after") {
                Some((_, Json::Array(list))) => list.push(node),
                Some((_, one)) => *one = Json::Array(vec![one.take(), node]),
                None => keys.push(("after".to_owned(), node)),
            }
        }
        self
    }

    /// Lets one of the node's input ports read from another node.
    #[must_use]
    pub fn after_at(mut self, input: impl Into<String>, node: impl Into<String>) -> Self {
        if let Some((_, keys)) = self.nodes.last_mut() {
            let entry = (input.into(), Json::from(node.into()));
            match keys.iter_mut().find(|(key, _)| key == "after") {
                Some((_, Json::Object(ports))) => {
                    ports.insert(entry.0, entry.1);
                }
                _ => keys.push(("after".to_owned(), Map::from_iter([entry]).into())),
            }
        }
        self
    }

    /// Names the record of the node's items.
    #[must_use]
    pub fn record(self, name: impl Into<String>) -> Self {
        self.set("record", name.into())
    }

    /// Moves items into new shards by a field.
    #[must_use]
    pub fn exchange(self, by: impl Into<String>, shards: u32) -> Self {
        self.set(
            "exchange",
            Map::from_iter([("by".into(), by.into().into()), ("shards".into(), shards.into())]),
        )
    }

    /// Moves the items of each input of a join into new shards by a field of its own: pairs of input and field.
    #[must_use]
    pub fn exchange_each<'p>(self, by: impl IntoIterator<Item = (&'p str, &'p str)>, shards: u32) -> Self {
        let by: Map<String, Json> = by.into_iter().map(|(port, field)| (port.into(), field.into())).collect();
        self.set("exchange", Map::from_iter([("by".into(), by.into()), ("shards".into(), shards.into())]))
    }

    /// Says that the node's input is cut and sorted by a field already.
    #[must_use]
    pub fn sorted(self, by: impl Into<String>) -> Self {
        self.set(
            "exchange",
            Map::from_iter([("by".into(), by.into().into()), ("sorted".into(), true.into())]),
        )
    }

    /// Gathers all items in one shard.
    #[must_use]
    pub fn gather(self) -> Self {
        self.set("exchange", Map::from_iter([("shards".to_owned(), Json::from(1))]))
    }

    /// Sets any key of the node that was added last, or of the chain before the first node: `skip`, `retry`,
    /// `timeout`, `group`, … with the value that the chain file would have.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        match self.nodes.last_mut() {
            Some((_, keys)) => keys.push((key.into(), value.into())),
            None => {
                self.head.insert(key.into(), value.into());
            }
        }
        self
    }

    /// The chain file that says the same.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("[chain]\n");
        for (key, value) in &self.head {
            line(key, value, &mut text);
        }
        if !self.declared.is_empty() {
            text.push_str("\n[params]\n");
        }
        for (name, body) in &self.declared {
            line(name, &Json::Object(body.clone()), &mut text);
        }
        for (name, keys) in &self.nodes {
            text.push_str(&format!("\n[nodes.{}]\n", key_of(name)));
            for (key, value) in keys {
                line(key, value, &mut text);
            }
        }
        text
    }

    /// Checks everything.
    ///
    /// # Errors
    /// Every mistake, at its place in [`ChainBuilder::to_toml`].
    pub fn build(&self, catalog: &Catalog) -> Result<Chain, Mistakes> {
        let name = self.head.get("name").and_then(Json::as_str).unwrap_or_default();
        let source = Source::new(format!("chain {name}, built in Rust"), self.to_toml());
        Chain::read(&source, &self.folder, catalog)
    }
}

fn line(key: &str, value: &Json, text: &mut String) {
    text.push_str(&format!("{} = {}\n", key_of(key), value_of(value)));
}

fn key_of(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if bare { key.to_owned() } else { string_of(key) }
}

/// A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
fn string_of(text: &str) -> String {
    Json::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// TOML has no null; an empty table in its place is reported where it does not belong.
fn value_of(value: &Json) -> String {
    match value {
        Json::Null => "{}".to_owned(),
        Json::String(text) => string_of(text),
        Json::Array(items) => format!("[{}]", items.iter().map(value_of).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(k, v)| format!("{} = {}", key_of(k), value_of(v))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}
