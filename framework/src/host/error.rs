//! Why a data directory cannot be used, or a process had to stop using it.

use std::{io, path::PathBuf};

use crate::{
    log::AcquireError,
    partition::{Gone, PartitionError, RequestError},
};

/// What goes wrong between a command and its data directory.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The partition does not open, or stopped.
    #[error(transparent)]
    Partition(#[from] PartitionError),
    /// Two processors or records share a name.
    #[error("{0}")]
    Registry(String),
    /// A request was refused or not answered.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A thread or runtime could not be started.
    #[error("failed to start {what}: {source}")]
    Start {
        /// What.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A folder or file of the data directory cannot be used.
    #[error("failed to {what} {}: {source}", path.display())]
    File {
        /// What was tried, such as `make the folder`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl HostError {
    /// Whether another process holds the data directory.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Partition(PartitionError::Acquire(AcquireError::Held { .. })))
    }
}

impl From<Gone> for HostError {
    fn from(gone: Gone) -> Self {
        Self::Request(gone.into())
    }
}
