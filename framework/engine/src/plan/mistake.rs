//! Why a graph cannot be planned.

/// One reason why a graph cannot be planned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanMistake {
    /// Which kind of mistake it is; each has a page under `docs/errors/`.
    pub code: &'static str,
    /// The node it is about, by its place in the graph.
    pub node: Option<usize>,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl PlanMistake {
    pub(super) fn new(
        code: &'static str,
        node: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { code, node: Some(node), message: message.into(), help: help.into() }
    }
}

/// The codes of these mistakes.
pub mod code {
    /// Nodes that wait for each other.
    pub const CYCLE: &str = "dyeline::plan::cycle";
    /// More nodes than a chain may have, or none.
    pub const NODE_COUNT: &str = "dyeline::plan::node_count";
    /// No shards, or more than a stage may have.
    pub const SHARD_COUNT: &str = "dyeline::plan::shard_count";
    /// An edge between two roles that do not follow each other.
    pub const ROLE: &str = "dyeline::plan::role";
    /// Inputs that do not have the same shards.
    pub const DIFFERENT_SHARDS: &str = "dyeline::plan::different_shards";
    /// An edge to a node that does not exist.
    pub const BROKEN_EDGE: &str = "dyeline::plan::broken_edge";

    /// All of them.
    pub const ALL: &[&str] = &[CYCLE, NODE_COUNT, SHARD_COUNT, ROLE, DIFFERENT_SHARDS, BROKEN_EDGE];
}
