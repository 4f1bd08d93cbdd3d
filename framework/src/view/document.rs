//! The one document that `launch --output json` prints.

use dyeline_engine::{JobId, JobPhase};
use dyeline_router::report::Report;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FailedCounts, JobStatus, NodeStatus, Nodes, OutputStatus};

/// A job as programs get it at the end of a launch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobDocument {
    /// Its id.
    #[serde(with = "crate::view::job_id_text")]
    pub job: JobId,
    /// Its chain.
    pub chain: String,
    /// Its phase.
    #[serde(rename = "state")]
    pub phase: JobPhase,
    /// Its parameters, as resolved.
    pub params: Map<String, Value>,
    /// Milliseconds from its submission to its end, or until now.
    pub elapsed_ms: u64,
    /// Counts per node, in the order of the chain file.
    pub nodes: Nodes<DocumentNode>,
    /// What its sinks have published.
    pub outputs: Vec<OutputStatus>,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// The calls that this launch made to services, if it made any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Report>,
}

/// What one node did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentNode {
    /// Items that came in.
    pub read: u64,
    /// Items that went through.
    pub passed: u64,
    /// Items dropped on purpose.
    pub filtered: u64,
    /// Items given up.
    pub skipped: u64,
    /// Items given up and kept.
    pub dead_lettered: u64,
    /// Items that went out.
    pub emitted: u64,
    /// Attempts or items tried again because of it.
    pub retried: u64,
    /// Failures by class.
    pub failed: FailedCounts,
}

impl From<&NodeStatus> for DocumentNode {
    fn from(node: &NodeStatus) -> Self {
        Self {
            read: node.read,
            passed: node.passed,
            filtered: node.filtered,
            skipped: node.skipped,
            dead_lettered: node.dead_lettered,
            emitted: node.emitted,
            retried: node.retried,
            failed: node.failed,
        }
    }
}

impl From<&JobStatus> for JobDocument {
    fn from(status: &JobStatus) -> Self {
        let nodes = status.nodes.iter().map(|(name, node)| (name.to_owned(), DocumentNode::from(node)));
        Self {
            job: status.job,
            chain: status.chain.clone(),
            phase: status.phase,
            params: status.params.clone(),
            elapsed_ms: status.elapsed_ms,
            nodes: Nodes(nodes.collect()),
            outputs: status.outputs.clone(),
            error: status.reason.clone().filter(|_| status.phase != JobPhase::Succeeded),
            lane: None,
        }
    }
}
