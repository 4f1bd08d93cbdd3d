//! The parts of a job's status: stages, failures, history, outputs.

use serde::{Deserialize, Serialize};

use super::At;

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageStatus {
    /// Its name: those of its nodes.
    pub name: String,
    /// The group it runs in.
    pub group: String,
    /// How many shards it has, once that is known.
    pub shards: Option<u32>,
    /// Its tasks by phase.
    pub tasks: TaskCounts,
    /// Attempts that run.
    pub live: u32,
    /// Items that its first node has dealt with; absent where nothing is counted per item.
    pub items: Option<u64>,
    /// The names of its nodes.
    pub nodes: Vec<String>,
}

impl StageStatus {
    /// Tasks that have ended.
    pub fn ended(&self) -> u32 {
        self.tasks.succeeded + self.tasks.failed + self.tasks.cancelled
    }

    /// Whether all its tasks have ended.
    pub fn is_ended(&self) -> bool {
        self.shards.is_some_and(|shards| self.ended() >= shards)
    }

    /// Whether any of its tasks has been handed out.
    pub fn has_begun(&self) -> bool {
        self.live > 0 || self.tasks.backoff > 0 || self.ended() > 0
    }
}

/// Tasks by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCounts {
    /// Their inputs are not there.
    pub waiting: u32,
    /// They can be handed out.
    pub ready: u32,
    /// They run.
    pub leased: u32,
    /// They failed and wait to be tried again.
    pub backoff: u32,
    /// Done.
    pub succeeded: u32,
    /// Given up.
    pub failed: u32,
    /// Their job was cancelled.
    pub cancelled: u32,
}

impl From<[u32; 7]> for TaskCounts {
    /// From counts in the order of [`TASK_PHASES`](dyeline_engine::TASK_PHASES).
    fn from(by_phase: [u32; 7]) -> Self {
        let [waiting, ready, leased, backoff, succeeded, failed, cancelled] = by_phase;
        Self { waiting, ready, leased, backoff, succeeded, failed, cancelled }
    }
}

/// A failure of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureStatus {
    /// The stage's name.
    pub stage: String,
    /// The shard, counted from 0.
    pub shard: u32,
    /// The shard's description, when a splitter found it.
    pub label: Option<String>,
    /// Which attempt of the task, counted from 1.
    pub attempt: u32,
    /// When.
    pub at: At,
    /// The node that failed, if it was the fault of one.
    pub node: Option<String>,
    /// Its class: `retryable`, `fatal`, `throttled`, `panic`, `timed_out`, `lost`.
    pub class: String,
    /// The item that failed.
    pub place: Option<PlaceStatus>,
    /// An error code; may be empty.
    pub code: String,
    /// What happened.
    pub text: String,
    /// Whether the task was given up with it.
    pub gave_up: bool,
}

/// Where in a shard an item failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceStatus {
    /// The first row of the chunk, counted from 0 in the shard.
    pub row: u64,
    /// The item, by its place among those the node got for that chunk.
    pub index: u32,
}

/// A line of a job's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteStatus {
    /// When.
    pub at: At,
    /// What happened.
    pub text: String,
}

/// What a sink has published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputStatus {
    /// The sink.
    pub node: String,
    /// Where to read it, such as the path of a manifest.
    pub location: String,
}
