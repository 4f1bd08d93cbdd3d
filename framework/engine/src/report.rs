//! What workers report: progress, artifacts, shards.

use std::sync::Arc;

use crate::count::NodeDelta;

/// Something a task left behind: it names files, it does not hold them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Which of its stage's outputs, by its place in [`Stage::outputs`](crate::plan::Stage::outputs).
    pub output: u32,
    /// Bytes that only workers understand.
    pub bytes: Arc<[u8]>,
}

/// What a task committed since its last checkpoint; the whole of it becomes durable, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The checkpoint's number: one more than the one handed out or last accepted, counted from 1.
    pub seq: u64,
    /// Rows of the shard before this one are done: retry places before it are forgotten.
    pub row: u64,
    /// Where to go on, in bytes that only workers understand. Ignored when the attempt completes.
    pub bytes: Vec<u8>,
    /// What was left behind since the last checkpoint, in order.
    pub artifacts: Vec<Artifact>,
    /// What each node did since the last checkpoint.
    pub counts: Vec<NodeDelta>,
}

/// The last checkpoint of a task, from which its next attempt goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number.
    pub seq: u64,
    /// Rows before this one are done.
    pub row: u64,
    /// As the worker gave it.
    pub bytes: Arc<[u8]>,
}

/// A shard as its splitter described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Bytes that only the loader understands.
    pub bytes: Box<[u8]>,
    /// A few words for people, such as `0..8388608`.
    pub label: Box<str>,
}
