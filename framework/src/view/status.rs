//! All that is shown of one job.

use dyeline_engine::{JobId, JobPhase};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    At, NodeStatus, Nodes,
    stage::{FailureStatus, NoteStatus, OutputStatus, StageStatus},
};

/// A job as `status` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobStatus {
    /// Its id.
    #[serde(with = "crate::view::job_id_text")]
    pub job: JobId,
    /// Its chain.
    pub chain: String,
    /// The chain's version, if it names one.
    pub version: Option<String>,
    /// Its phase.
    #[serde(rename = "state")]
    pub phase: JobPhase,
    /// Whether a process works on it or could; without one, an unfinished job goes on when it is launched or resumed.
    pub attended: bool,
    /// Why it is paused, or failed.
    pub reason: Option<String>,
    /// Its parameters, as resolved.
    pub params: Map<String, Value>,
    /// Live parameters that were changed: node → parameter → value.
    pub live_params: Map<String, Value>,
    /// The version of the live parameters, counted from 1.
    pub params_version: u32,
    /// When it was submitted.
    pub created: At,
    /// When its first task was handed out.
    pub started: Option<At>,
    /// When it ended.
    pub ended: Option<At>,
    /// Milliseconds from its submission to its end, or until now.
    pub elapsed_ms: u64,
    /// Which run it is, counted from 1.
    pub run: u32,
    /// How many of its attempts may run at once.
    pub concurrency: Option<u32>,
    /// Larger goes first.
    pub priority: i32,
    /// Attempts that run.
    pub live: u32,
    /// Counts per node, in the order of the chain file.
    pub nodes: Nodes<NodeStatus>,
    /// Its stages.
    pub stages: Vec<StageStatus>,
    /// Its last failures, the latest last.
    pub failures: Vec<FailureStatus>,
    /// What its sinks have published.
    pub outputs: Vec<OutputStatus>,
    /// Its history.
    pub history: Vec<NoteStatus>,
}

impl JobStatus {
    /// Tasks that have ended, and all tasks that are known so far.
    pub fn shards(&self) -> (u64, u64) {
        let ended = self.stages.iter().map(|s| u64::from(s.ended())).sum();
        let known = self.stages.iter().map(|s| u64::from(s.shards.unwrap_or(0))).sum();
        (ended, known)
    }

    /// Stages that have ended.
    pub fn stages_ended(&self) -> usize {
        self.stages.iter().filter(|s| s.is_ended()).count()
    }

    /// Items that have entered the job: what its loaders made.
    pub fn items(&self) -> u64 {
        let loaders = self.nodes.iter().filter(|(_, n)| n.role == dyeline_engine::plan::Role::Loader);
        loaders.map(|(_, n)| n.items()).sum()
    }

    /// Attempts and items tried again.
    pub fn retried(&self) -> u64 {
        self.nodes.iter().map(|(_, n)| n.retried).sum()
    }

    /// Items given up, kept or not.
    pub fn given_up(&self) -> u64 {
        self.nodes.iter().map(|(_, n)| n.skipped + n.dead_lettered).sum()
    }
}
