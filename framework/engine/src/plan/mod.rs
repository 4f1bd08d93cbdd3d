//! What a chain becomes before it runs: a graph of nodes, cut into stages.
//!
//! [`graph`] is the input, as a chain file or Rust code describes it; [`model`] is the result, which is logged with
//! the job and never planned again.

mod graph;
mod model;

pub use graph::{Barrier, Edge, Exchange, Graph, GraphNode, NodePolicy, NodeState, RecordRef, Retry, Role, Skip};
pub use model::{Output, OutputKind, Plan, ShardSource, Source, SpoolInput, Stage, StageNode};
