//! What a chain becomes before it runs: a graph of nodes, cut into stages.
//!
//! [`Graph`] is the input, as a chain file or Rust code describes it; [`Plan`] is the result, which is logged with
//! the job and never planned again. [`plan`] leads from one to the other.

mod check;
mod cut;
mod graph;
mod mistake;
mod model;
mod order;

pub use check::{role_name, why_not_after, why_not_alone};
pub use cut::{holds_unsaved, plan};
pub use graph::{
    Barrier, DEAD_LETTER, Edge, Exchange, Graph, GraphNode, NodePolicy, NodeState, RecordRef, Retry, Role,
    Skip,
};
pub use mistake::{PlanMistake, code};
pub use model::{Output, OutputKind, Plan, ShardSource, Source, SpoolInput, Stage, StageNode};
pub use order::topological;

#[cfg(test)]
mod tests;
