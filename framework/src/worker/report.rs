//! What a worker tells the engine about an attempt.

use std::time::Duration;

use dyeline_engine::{Class, Fence, Place, Progress, Shard, TaskId};

/// One report; every one carries the fencing number of its attempt.
#[derive(Debug)]
pub struct Report {
    /// The task.
    pub task: TaskId,
    /// The attempt.
    pub fence: Fence,
    /// What happened.
    pub event: Event,
}

/// What happened to an attempt.
#[derive(Debug)]
pub enum Event {
    /// It reached a checkpoint, which is durable outside of the log.
    Checkpointed(Progress),
    /// It ended well.
    Completed {
        /// What it did since its last checkpoint.
        progress: Progress,
        /// The shards, if it ran a splitter.
        shards: Option<Vec<Shard>>,
        /// What a publisher published.
        result: Vec<u8>,
    },
    /// It failed.
    Failed {
        /// The class.
        class: Class,
        /// The node, by its place in the graph.
        node: Option<u32>,
        /// The item.
        place: Option<Place>,
        /// For people.
        text: String,
        /// How long the other side asked to wait.
        retry_after: Option<Duration>,
    },
    /// It stopped because it was asked to, and may go on elsewhere from its last checkpoint.
    HandedBack {
        /// What it did since its last checkpoint.
        progress: Option<Progress>,
    },
    /// The disk it writes to is full: the job is to pause until there is room.
    DiskFull {
        /// Which disk, and what was being written.
        text: String,
    },
}

/// Takes reports; in one process a channel, in a cluster a stream.
pub trait Reports: Send + Sync {
    /// Passes a report on. Does not wait for it to be durable.
    fn report(&self, report: Report);
    /// Grants credit: the worker takes this many more hand-outs.
    fn grant(&self, credit: u32);
    /// Whether another checkpoint would be taken soon; while not, attempts go on without.
    fn takes_checkpoints(&self) -> bool;
    /// Says which attempts are alive.
    fn heartbeat(&self, running: Vec<(TaskId, Fence)>);
}
