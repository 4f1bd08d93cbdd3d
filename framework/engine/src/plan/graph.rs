//! A chain as its author wrote it, after every name was looked up: the planner's input.

use std::time::Duration;

/// What a node does; one derive macro each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Parameters to shards.
    Splitter,
    /// One shard to a stream of items.
    Loader,
    /// One item to zero or more items.
    Processor,
    /// Items of many shards to a result.
    Reducer,
    /// Chunks to the outside.
    Sink,
}

/// Whether a checkpoint can be taken in the middle of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// The node remembers nothing between items.
    #[default]
    None,
    /// What it remembers is part of a checkpoint.
    Saved,
    /// What it remembers cannot be saved, so its stage is atomic: a shard runs again whole.
    Unsaved,
}

/// An item type as it is known outside of a process: its name and the hash of its schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct RecordRef {
    /// The record's name, such as `Position`.
    pub name: String,
    /// xxh3-64 of its schema text.
    pub hash: u64,
}

/// The record of items that were given up. Every node but a splitter gives them through one more output port, behind
/// those of its processor; they are all that can be read from a sink.
pub const DEAD_LETTER: &str = "DeadLetter";

/// One edge of the graph, held by the node it leads to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Edge {
    /// The producing node, by its place in [`Graph::nodes`].
    pub from: usize,
    /// The producer's output port, by its place among its outputs; 0 is the main one.
    pub output: u32,
    /// The consumer's input port, by its place among its inputs; several edges may lead to one port.
    pub input: u32,
    /// What travels along it. For an edge out of a splitter: the shard type.
    pub record: RecordRef,
}

/// How items find the shard of the consumer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exchange {
    /// By the hash of a field, over a fixed number of new shards: a cut.
    By {
        /// The field whose value decides.
        field: String,
        /// How many new shards.
        shards: u32,
    },
    /// The same for a join whose inputs call the key differently.
    #[serde(rename = "by_each")]
    ByEach {
        /// The field of each input, by the place of its port.
        fields: Vec<String>,
        /// How many new shards.
        shards: u32,
    },
    /// All items of one key are in one shard already, and sorted by it: nothing moves, aggregates stream.
    Sorted {
        /// The key.
        field: String,
    },
    /// All items into one shard: a cut.
    Gather,
}

impl Exchange {
    /// How many new shards it makes; `None` when nothing moves.
    #[must_use]
    pub fn shards(&self) -> Option<u32> {
        match self {
            Self::By { shards, .. } | Self::ByEach { shards, .. } => Some(*shards),
            Self::Gather => Some(1),
            Self::Sorted { .. } => None,
        }
    }

    /// The field that decides for the items of an input port.
    #[must_use]
    pub fn field(&self, input: u32) -> Option<&str> {
        match self {
            Self::By { field, .. } | Self::Sorted { field } => Some(field),
            Self::ByEach { fields, .. } => fields.get(input as usize).map(String::as_str),
            Self::Gather => None,
        }
    }

    /// What it is for the items of one input port: by one field.
    #[must_use]
    pub(super) fn of_input(&self, input: u32) -> Self {
        match (self, self.field(input)) {
            (Self::ByEach { shards, .. }, Some(field)) => {
                Self::By { field: field.to_owned(), shards: *shards }
            }
            _ => self.clone(),
        }
    }
}

/// A consumer that waits for all shards of its producers, and accepts that some failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Barrier {
    /// The share of failed shards that is accepted, in parts of a million.
    pub tolerate_ppm: u32,
}

/// When and how often a failed attempt is followed by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retry {
    /// Attempts after the first, for one place in the data; the count starts anew when a checkpoint moves on.
    pub max: u32,
    /// The wait before the first retry; it doubles each time, with jitter.
    pub backoff_min: Duration,
    /// The longest wait.
    pub backoff_max: Duration,
}

impl Default for Retry {
    /// Three retries within about seven seconds: enough for a blip, soon enough to tell a person.
    fn default() -> Self {
        Self { max: 3, backoff_min: Duration::from_secs(1), backoff_max: Duration::from_secs(30) }
    }
}

/// How many items of a node may be skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skip {
    /// The most items that may be skipped or dead-lettered by this node over the whole job.
    pub limit: u64,
}

/// What the chain's author says about running a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodePolicy {
    /// Retry of failed attempts; `None` is [`Retry::default`].
    pub retry: Option<Retry>,
    /// Items that may be given up.
    pub skip: Option<Skip>,
    /// How long an attempt may run.
    pub timeout: Option<Duration>,
    /// How many attempts of the node's stage may run at once.
    pub concurrency: Option<u32>,
    /// Larger goes first.
    pub priority: Option<i32>,
    /// Time between checkpoints.
    pub checkpoint: Option<Duration>,
    /// What running it costs, in thousandths of a slot.
    pub cost: Option<u32>,
}

/// One node, resolved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GraphNode {
    /// Its name in the chain.
    pub name: String,
    /// Its processor's registered name.
    pub processor: String,
    /// What it does.
    pub role: Role,
    /// Where its items come from; empty for splitters and for loaders without one.
    pub inputs: Vec<Edge>,
    /// The service group it runs in.
    pub group: String,
    /// Whether it can be checkpointed.
    pub state: NodeState,
    /// Whether it is an associative aggregate, which can combine before an exchange.
    pub combines: bool,
    /// How its items are moved.
    pub exchange: Option<Exchange>,
    /// Whether it waits for all producers.
    pub barrier: Option<Barrier>,
    /// How it runs.
    pub policy: NodePolicy,
}

/// A chain's nodes in file order.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Graph {
    /// The nodes; edges refer to them by place.
    pub nodes: Vec<GraphNode>,
}
