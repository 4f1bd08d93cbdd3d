//! How a chain file finds processors and records: by name, in tables that the derives fill at link time.

use std::{collections::BTreeMap, fmt};

use super::{Node, ParamError, ParamMap, RecordType};

/// What a processor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Parameters to shards.
    Splitter,
    /// One shard to items.
    Loader,
    /// One item to zero or more.
    Processor,
    /// Items of many shards to a result.
    Reducer,
    /// Chunks to the outside.
    Sink,
}

/// Whether a checkpoint can be taken in the middle of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StateKind {
    /// It remembers nothing between items.
    None,
    /// What it remembers is saved.
    Saved,
    /// What it remembers cannot be saved.
    Unsaved,
}

/// One parameter, for checks and listings.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ParamType {
    /// Its name.
    pub name: &'static str,
    /// Its type, in words: `integer`, `path`, `list of string`.
    pub kind: String,
    /// Whether it must be given.
    pub required: bool,
    /// The default, as written.
    pub default: Option<&'static str>,
    /// What it is for.
    pub doc: &'static str,
    /// Whether it may change on a running job.
    pub live: bool,
    /// Whether it is a secret's reference.
    pub secret: bool,
    /// Whether it is a path (or a list of them).
    pub path: bool,
    /// Whether a value fits.
    #[serde(skip)]
    pub check: fn(&serde_json::Value) -> Result<(), ParamError>,
}

/// What a port carries.
#[derive(Clone, Copy)]
pub enum PortRecord {
    /// This record.
    Typed(fn() -> RecordType),
    /// The record that the node's `record` key names.
    Declared,
    /// Whatever arrives.
    Any,
}

/// One input or output.
#[derive(Clone, Copy)]
pub struct PortType {
    /// Its name; the only one is called `in` or `out`.
    pub name: &'static str,
    /// What it carries.
    pub record: PortRecord,
}

/// What a node is built from.
#[derive(Clone, Debug)]
pub struct BuildArgs<'a> {
    /// Its parameters, defaults not filled in.
    pub params: &'a ParamMap,
    /// The record its `record` key names.
    pub record: Option<RecordType>,
    /// What arrives at each input port (empty for splitters and loaders).
    pub inputs: &'a [RecordType],
    /// The key its shard is sorted by, where nothing moves (`exchange = { by = …, sorted = true }`).
    pub sorted_by: Option<&'a str>,
    /// For aggregates: the first half, before an exchange.
    pub combine: bool,
    /// For aggregates: the second half, which merges partial results.
    pub merge: bool,
    /// Items in flight, for asynchronous processors.
    pub concurrency: Option<u32>,
}

/// A mistake in a node's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The parameter, or the empty text if it is about several.
    pub param: String,
    /// What is wrong with it.
    pub message: String,
}

/// A processor as the registry knows it.
pub struct ProcessorType {
    /// The name chain files use.
    pub name: &'static str,
    /// What it does.
    pub role: Role,
    /// What it is for; the struct's doc comment.
    pub doc: &'static str,
    /// Its parameters.
    pub params: fn() -> Vec<ParamType>,
    /// What it takes.
    pub inputs: &'static [PortType],
    /// What it makes.
    pub outputs: &'static [PortType],
    /// For splitters and loaders: the name of the shard type, which must be the same at both ends.
    pub shard: Option<&'static str>,
    /// Whether a checkpoint can be taken in the middle of a shard.
    pub state: StateKind,
    /// Whether it is an aggregate that can combine before an exchange.
    pub combines: bool,
    /// Whether it calls out asynchronously.
    pub asynchronous: bool,
    /// Builds one for an attempt. Reads nothing from outside.
    pub build: fn(&BuildArgs<'_>) -> Result<Node, Vec<BuildError>>,
    /// `file:line` of the struct.
    pub defined_at: &'static str,
}

inventory::collect!(ProcessorType);

impl fmt::Debug for ProcessorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} `{}` at {}", self.role, self.name, self.defined_at)
    }
}

/// Two things of one name, which a chain file could not tell apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} `{name}` is defined twice, at {first} and at {second}: rename one")]
pub struct DuplicateName {
    what: &'static str,
    name: &'static str,
    first: &'static str,
    second: &'static str,
}

/// Everything that is linked into this program.
#[derive(Debug, Default)]
pub struct Registry {
    /// Processors by name.
    pub processors: BTreeMap<&'static str, &'static ProcessorType>,
    /// Records by name.
    pub records: BTreeMap<&'static str, RecordType>,
}

impl Registry {
    /// Collects what is linked in.
    pub fn linked() -> Result<Self, Vec<DuplicateName>> {
        let mut registry = Self::default();
        let mut duplicates = Vec::new();
        for p in inventory::iter::<ProcessorType> {
            if let Some(first) = registry.processors.insert(p.name, p) {
                let (name, first, second) = (p.name, first.defined_at, p.defined_at);
                duplicates.push(DuplicateName { what: "processor", name, first, second });
            }
        }
        for r in inventory::iter::<RecordType> {
            if let Some(first) = registry.records.insert(r.schema.name, *r) {
                let (name, first, second) = (r.schema.name, first.defined_at, r.defined_at);
                duplicates.push(DuplicateName { what: "record", name, first, second });
            }
        }
        if duplicates.is_empty() { Ok(registry) } else { Err(duplicates) }
    }
}
