//! A plan: stages, what each reads, runs and leaves behind.

use super::{Barrier, Exchange, NodePolicy, RecordRef, Role};
use crate::id::StageIx;

/// A chain cut into stages. Stages stand in an order in which each comes after all it reads from.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// The stages; a [`StageIx`] is a place here.
    pub stages: Vec<Stage>,
}

/// Neighbouring nodes that run together in one worker over one shard.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stage {
    /// A name for people: the nodes' names joined by `+`.
    pub name: String,
    /// The service group it runs in.
    pub group: String,
    /// Where its shards come from.
    pub shards: ShardSource,
    /// What its first node reads.
    pub source: Source,
    /// The nodes: a tree in an order in which each comes after its parent. A splitter, a loader or a publisher
    /// stands alone or first.
    pub nodes: Vec<StageNode>,
    /// What leaves the stage.
    pub outputs: Vec<Output>,
    /// A stage with a node that remembers what cannot be saved (see [`super::holds_unsaved`]): its shards run again
    /// whole.
    pub atomic: bool,
    /// The strictest of its nodes' policies: least timeout, concurrency and checkpoint, highest priority and cost.
    /// Retry and skip stay with the nodes.
    pub policy: NodePolicy,
}

/// Where a stage's shards come from.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShardSource {
    /// A fixed number: 1 for splitters, reducers over everything and publishers, N for an exchange.
    Fixed(u32),
    /// One for each shard that the splitter of this stage found.
    Split(StageIx),
    /// The same shards as another stage: a one-to-one cut, pipelined shard by shard.
    Same(StageIx),
}

/// What a stage's first node reads.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Nothing: a splitter, or a loader of a single shard.
    Nothing,
    /// The shard's description, as the splitter wrote it.
    Shard,
    /// Items that other stages left in the spool, in this order.
    Spool(Vec<SpoolInput>),
    /// What a sink's shards left, to be published under one manifest: `(stage, index in its outputs)`.
    Parts(StageIx, u32),
}

/// One cut edge, seen from the consumer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SpoolInput {
    /// The producing stage.
    pub stage: StageIx,
    /// Which of its [`Stage::outputs`].
    pub output: u32,
    /// The input port of this stage's first node.
    pub input: u32,
    /// Whether every shard of the producer must have ended before the first of this stage starts (an exchange, a
    /// barrier), or only the same shard (a one-to-one cut).
    pub all: bool,
    /// The share of failed producers that is accepted.
    pub barrier: Option<Barrier>,
}

/// One node of a stage.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StageNode {
    /// Its place in the graph, and so in every count. The two halves of a combined aggregate share it.
    pub node: u32,
    /// Its name in the chain.
    pub name: String,
    /// Its processor's registered name; for a publisher the sink's.
    pub processor: String,
    /// What it does.
    pub role: Role,
    /// The first half of an aggregate: combines before the exchange and emits partial results.
    pub combine: bool,
    /// The second half of an aggregate: merges partial results.
    pub merge: bool,
    /// `(place in Stage::nodes, output port, input port)` of what it reads; `None` for the stage's first node.
    pub parent: Option<(u32, u32, u32)>,
    /// The key its shard is sorted by, where nothing moves.
    pub sorted_by: Option<String>,
    /// Retry, skip and the rest.
    pub policy: NodePolicy,
}

/// One thing a stage leaves behind for others.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Output {
    /// The node it comes from, by its place in [`Stage::nodes`].
    pub node: u32,
    /// That node's output port.
    pub port: u32,
    /// What it is.
    pub kind: OutputKind,
}

/// The kinds of things a stage leaves behind.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// Items in the spool, moved as the exchange says; `None` keeps the shard.
    Spool {
        /// How they are moved.
        exchange: Option<Exchange>,
        /// What they are.
        record: RecordRef,
    },
    /// Parts that a sink wrote.
    Parts,
}
