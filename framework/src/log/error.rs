//! The errors of a log. Whether and how a call can succeed later is part of each type.

use std::{error, io, path::PathBuf};

use super::Position;

/// Whether and how the same call can succeed later. Every error of the log answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retryable {
    /// The same call can be made again, as it is.
    Again,
    /// After somebody has done something: freed space, stopped another process.
    AfterHelp,
    /// After a new acquisition and restore.
    AfterAcquire,
    /// Never.
    Never,
}

/// Damage in what the log had made durable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is damaged at byte {offset}: {what}", file.display())]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where, in bytes from its beginning.
    pub offset: u64,
    /// What was found there, and what was expected.
    pub what: String,
}

/// A file was written by a newer program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} has format version {found}, this program knows versions up to {known}; use a newer one", file.display())]
pub struct UnknownVersion {
    /// The file.
    pub file: PathBuf,
    /// Its version.
    pub found: u32,
    /// The newest known.
    pub known: u32,
}

/// A call to the disk that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}", file.display())]
pub struct DiskFailure {
    /// A verb: `read`, `write`, `sync`, `rename`, …
    pub doing: &'static str,
    /// The file or folder.
    pub file: PathBuf,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

/// Why a log could not be acquired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcquireError {
    /// Another process, or another part of this one, owns the log.
    #[error("log folder {} is in use by {}; wait until it ends, or stop it", folder.display(), holder(*pid))]
    Held {
        /// The folder.
        folder: PathBuf,
        /// The process that owns it, if it could be read.
        pid: Option<u32>,
    },
    /// The disk is full.
    #[error("no space for the log at {}: {needed} bytes are needed; free some and try again", path.display())]
    Full {
        /// The file that could not be written.
        path: PathBuf,
        /// How many bytes were to be written.
        needed: u64,
    },
    /// Something that was durable is not whole any more.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A file is of a version that this program does not know.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl AcquireError {
    /// Whether and how an acquisition can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::Held { .. } | Self::Full { .. } => Retryable::AfterHelp,
            Self::Damaged(_) | Self::Version(_) => Retryable::Never,
            Self::Disk(_) => Retryable::Again,
        }
    }
}

/// Why a restore stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The log is not acquired, or batches were submitted since.
    #[error("a log is restored between its acquisition and its first batch, and at no other time")]
    NotAcquired,
    /// Something that was durable is not whole any more.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A file is of a version that this program does not know.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The caller could not apply an entry.
    #[error("cannot apply the entry at position {} of the log", position.0)]
    Apply {
        /// Which entry.
        position: Position,
        /// What the caller said.
        #[source]
        source: Box<dyn error::Error + Send + Sync>,
    },
}

impl RestoreError {
    /// Whether and how a restore can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::NotAcquired => Retryable::AfterAcquire,
            Self::Damaged(_) | Self::Version(_) | Self::Apply { .. } => Retryable::Never,
            Self::Disk(_) => Retryable::Again,
        }
    }
}

/// Why a batch is not durable. What the owner does next is in the variant.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing was written. The same batch can be submitted again; memory stays as it is.
    #[error("the batch was not written, and can be submitted again: {reason}")]
    Retry {
        /// Why.
        reason: String,
    },
    /// The disk is full; nothing was written. After space was freed the same batches can be submitted again, in order;
    /// memory stays as it is.
    #[error("no space for the log at {}: {needed} bytes are needed; free some", path.display())]
    Full {
        /// The file that could not be written.
        path: PathBuf,
        /// How many bytes were to be written.
        needed: u64,
    },
    /// Nothing was written, and nothing will be: discard memory, acquire and restore.
    #[error("the batch was refused, and what followed from it must be discarded: {reason}")]
    Rewind {
        /// Why.
        reason: String,
    },
    /// Somebody else owns the log. Discard memory; do not acquire again without being asked to.
    #[error("another owner has taken the log over")]
    Fenced,
    /// The batch may be durable or not. Discard memory, acquire and restore, and see.
    #[error("it is not known whether the batch was written: {reason}; the log must be acquired again")]
    Unknown {
        /// Why.
        reason: String,
    },
    /// The batch can never be written: it is larger than a batch may be.
    #[error("a batch of {bytes} bytes is larger than the largest allowed one, {limit} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl CommitError {
    /// Whether and how the batch can be committed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::Retry { .. } => Retryable::Again,
            Self::Full { .. } => Retryable::AfterHelp,
            Self::Rewind { .. } | Self::Unknown { .. } => Retryable::AfterAcquire,
            Self::Fenced | Self::TooLarge { .. } => Retryable::Never,
        }
    }
}

/// Why a snapshot could not be read or installed. The log goes on; only its length grows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The disk is full.
    #[error("no space for a snapshot at {}: {needed} bytes are needed; free some", path.display())]
    Full {
        /// The file that could not be written.
        path: PathBuf,
        /// How many bytes were to be written.
        needed: u64,
    },
    /// The snapshot is older than the newest, or past the end of the log.
    #[error("a snapshot at position {} is out of place: the newest is at {}, the log ends at {}", at.0, newest.0, end.0)]
    OutOfPlace {
        /// Where it was to be installed.
        at: Position,
        /// The newest installed (0 if none).
        newest: Position,
        /// The durable end of the log.
        end: Position,
    },
    /// Something that was durable is not whole any more.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A file is of a version that this program does not know.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// The log is not acquired, or its owner let it go.
    #[error("the log is not acquired")]
    NotAcquired,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
}

impl SnapshotError {
    /// Whether and how the call can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::Full { .. } => Retryable::AfterHelp,
            Self::OutOfPlace { .. } | Self::Damaged(_) | Self::Version(_) => Retryable::Never,
            Self::NotAcquired => Retryable::AfterAcquire,
            Self::Disk(_) => Retryable::Again,
        }
    }
}

/// Why the log could not be trimmed. Nothing is lost; it takes more space for longer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrimError {
    /// The log is not acquired, or its owner let it go.
    #[error("the log is not acquired")]
    NotAcquired,
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
}

impl TrimError {
    /// Whether and how the call can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::NotAcquired => Retryable::AfterAcquire,
            Self::Disk(_) => Retryable::Again,
        }
    }
}

/// Why a tail cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TailError {
    /// The log was trimmed past this point: begin at the newest snapshot.
    #[error("position {} was trimmed; the log begins at {}", at.0, oldest.0)]
    Trimmed {
        /// What was asked for.
        at: Position,
        /// The oldest there is.
        oldest: Position,
    },
    /// The log is not acquired, or its owner let it go.
    #[error("the log is not acquired")]
    NotAcquired,
    /// Something that was durable is not whole any more.
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// A file is of a version that this program does not know.
    #[error(transparent)]
    Version(#[from] UnknownVersion),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
}

impl TailError {
    /// Whether and how the call can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::Trimmed { .. } | Self::NotAcquired => Retryable::AfterAcquire,
            Self::Damaged(_) | Self::Version(_) => Retryable::Never,
            Self::Disk(_) => Retryable::Again,
        }
    }
}

/// Why commands could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PollError {
    /// The source is gone for now; the client tries on its own, and the next call may succeed.
    #[error("cannot read commands for now: {reason}")]
    Retry {
        /// Why.
        reason: String,
    },
    /// Somebody else owns the log.
    #[error("another owner has taken the log over")]
    Fenced,
}

impl PollError {
    /// Whether and how the call can succeed later.
    pub fn retryable(&self) -> Retryable {
        match self {
            Self::Retry { .. } => Retryable::Again,
            Self::Fenced => Retryable::Never,
        }
    }
}
