//! What may be changed about a running job.

use std::{sync::Arc, time::Duration};

use crate::{
    plan::{NodePolicy, Retry, Skip, Stage},
    state::Job,
};

/// One change of policy. It holds for what is handed out from then on; limits lowered below what is running let it
/// finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyChange {
    /// Attempts of the whole job that may run at once; `None` lifts the limit.
    JobConcurrency(Option<u32>),
    /// The job's priority.
    Priority(i32),
    /// Attempts of the stages of a node that may run at once.
    Concurrency {
        /// The node, by its place in the graph.
        node: u32,
        /// At least 1; `None` lifts the limit.
        limit: Option<u32>,
    },
    /// Retries of a node.
    Retry {
        /// The node, by its place in the graph.
        node: u32,
        /// `None` is the default.
        retry: Option<Retry>,
    },
    /// Items of a node that may be given up.
    Skip {
        /// The node, by its place in the graph.
        node: u32,
        /// `None`: none.
        skip: Option<Skip>,
    },
    /// How long an attempt of the node's stages may run.
    Timeout {
        /// The node, by its place in the graph.
        node: u32,
        /// From 1 ms to 24 h; `None` lifts the limit.
        timeout: Option<Duration>,
    },
    /// Time between checkpoints of the node's stages.
    Checkpoint {
        /// The node, by its place in the graph.
        node: u32,
        /// `None` is the worker's default.
        every: Option<Duration>,
    },
    /// What running an attempt of the node's stages costs, in thousandths of a slot.
    Cost {
        /// The node, by its place in the graph.
        node: u32,
        /// `None` is the default.
        cost: Option<u32>,
    },
}

impl PolicyChange {
    /// The node it is about, unless it is about the whole job.
    #[must_use]
    pub fn node(&self) -> Option<u32> {
        match *self {
            Self::JobConcurrency(_) | Self::Priority(_) => None,
            Self::Concurrency { node, .. }
            | Self::Retry { node, .. }
            | Self::Skip { node, .. }
            | Self::Timeout { node, .. }
            | Self::Checkpoint { node, .. }
            | Self::Cost { node, .. } => Some(node),
        }
    }
}

impl Job {
    /// Carries out a change of policy: on the job, or on every stage that has the node.
    pub(crate) fn set_policy(&mut self, change: &PolicyChange) {
        match *change {
            PolicyChange::JobConcurrency(limit) => self.concurrency = limit,
            PolicyChange::Priority(priority) => self.priority = priority,
            _ => {}
        }
        let Some(node) = change.node() else { return };
        for stage in &mut Arc::make_mut(&mut self.plan).stages {
            let mut found = false;
            for member in stage.nodes.iter_mut().filter(|n| n.node == node) {
                set_node_policy(&mut member.policy, change);
                found = true;
            }
            if found {
                stage.policy = strictest(stage);
            }
        }
    }
}

fn set_node_policy(policy: &mut NodePolicy, change: &PolicyChange) {
    match *change {
        PolicyChange::JobConcurrency(_) | PolicyChange::Priority(_) => {}
        PolicyChange::Concurrency { limit, .. } => policy.concurrency = limit,
        PolicyChange::Retry { retry, .. } => policy.retry = retry,
        PolicyChange::Skip { skip, .. } => policy.skip = skip,
        PolicyChange::Timeout { timeout, .. } => policy.timeout = timeout,
        PolicyChange::Checkpoint { every, .. } => policy.checkpoint = every,
        PolicyChange::Cost { cost, .. } => policy.cost = cost,
    }
}

/// The strictest of a stage's nodes' policies: least time-out, concurrency and checkpoint, highest priority and cost.
fn strictest(stage: &Stage) -> NodePolicy {
    let nodes = || stage.nodes.iter().map(|n| &n.policy);
    NodePolicy {
        retry: stage.policy.retry,
        skip: stage.policy.skip,
        timeout: nodes().filter_map(|p| p.timeout).min(),
        concurrency: nodes().filter_map(|p| p.concurrency).min(),
        priority: nodes().filter_map(|p| p.priority).max(),
        checkpoint: nodes().filter_map(|p| p.checkpoint).min(),
        cost: nodes().filter_map(|p| p.cost).max(),
    }
}
