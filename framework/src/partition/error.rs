//! Why a partition cannot be opened, or stopped working.

use crate::log::{AcquireError, CommitError, RestoreError};

/// What ended the work of a partition's owner. Nothing that was acknowledged is lost: the next start restores it.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError {
    /// The log could not be acquired.
    #[error(transparent)]
    Acquire(#[from] AcquireError),
    /// The log could not be read back.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A batch could not be made durable.
    #[error("failed to commit to the log: {0}")]
    Commit(CommitError),
    /// The thread could not be started.
    #[error("failed to start the partition's thread: {0}")]
    Thread(std::io::Error),
    /// The state contradicts itself: a bug.
    #[error(
        "the engine made an effect that its own state refuses: {0}; this is a bug, nothing of the batch was logged"
    )]
    Bug(String),
}

impl PartitionError {
    /// Whether an end was asked for while the log had no room: what had been acknowledged is there, the rest runs again.
    pub fn is_full_log(&self) -> bool {
        matches!(self, Self::Commit(CommitError::Full { .. }))
    }
}
