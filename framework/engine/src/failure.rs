//! Why an attempt failed, and where in its data.

use crate::{id::TaskId, time::Millis};

/// The class of a failure decides what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// May succeed when tried again: retried with back-off, up to the policy of the failing node.
    Retryable,
    /// Will fail again: the task fails at once.
    Fatal,
    /// The other side asked for a pause: tried again after it, without counting as a retry, up to
    /// [`MAX_THROTTLED_IN_A_ROW`](crate::limit::MAX_THROTTLED_IN_A_ROW).
    Throttled,
    /// A processor panicked: treated like `Retryable`.
    Panic,
    /// The attempt ran past its limit: treated like `Retryable`.
    TimedOut,
    /// Its worker was lost or its lease expired. Never counts as a retry, but has a limit of its own:
    /// [`MAX_LOST_IN_A_ROW`](crate::limit::MAX_LOST_IN_A_ROW).
    Lost,
}

/// Every class, in the order of [`NodeCounts::failed`](crate::NodeCounts::failed).
pub const CLASSES: [Class; 6] =
    [Class::Retryable, Class::Fatal, Class::Throttled, Class::Panic, Class::TimedOut, Class::Lost];

impl Class {
    /// Its place in [`CLASSES`], which is also its number in the log.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Retryable => 0,
            Self::Fatal => 1,
            Self::Throttled => 2,
            Self::Panic => 3,
            Self::TimedOut => 4,
            Self::Lost => 5,
        }
    }

    /// The class at a place in [`CLASSES`].
    #[must_use]
    pub fn from_index(index: u32) -> Option<Self> {
        CLASSES.get(index as usize).copied()
    }

    /// The word for it in status documents: `retryable`, `fatal`, `throttled`, `panic`, `timed_out`, `lost`.
    #[must_use]
    pub fn word(self) -> &'static str {
        ["retryable", "fatal", "throttled", "panic", "timed_out", "lost"][self.index()]
    }
}

/// Where in a shard an item failed: the same place again is the same failure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The row of the shard that was being worked on, counted from 0.
    pub row: u64,
    /// The node, by its place in the graph.
    pub node: u32,
    /// Which of the items that node got for that row.
    pub index: u32,
}

/// One failure of an attempt, as a job remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The task.
    pub task: TaskId,
    /// Which attempt of it, counted from 1.
    pub attempt: u32,
    /// When it was reported.
    pub at: Millis,
    /// Its class.
    pub class: Class,
    /// The node that failed, by its place in the graph; `None` when it is not the fault of one.
    pub node: Option<u32>,
    /// The item that failed.
    pub place: Option<Place>,
    /// An error code, may be empty.
    pub code: String,
    /// What happened, for people.
    pub text: String,
    /// Whether the task was given up with it.
    pub last: bool,
}
