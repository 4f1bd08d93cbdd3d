//! What the engine thread asks of a log, and what it may rely on.
//!
//! The promises are numbered; the conformance suite names them, and every implementation passes it.
//!
//! - **P1 one owner.** Once [`PartitionLog::acquire`] has returned, no former owner can commit any more: either the
//!   former owner still holds the log and `acquire` fails with [`AcquireError::Held`], or each of its commits fails
//!   with [`CommitError::Fenced`]. Epochs only grow, through crashes too.
//! - **P2 order.** Batches become durable in the order they were submitted, without gaps; results come in that order,
//!   one for each ticket.
//! - **P3 durability.** A batch whose result was `Ok` is handed back by each later restore, byte for byte, at the
//!   position that the result named, until a snapshot above it replaces it.
//! - **P4 atomicity.** A batch is restored whole or not at all. What is restored is always a prefix of what was
//!   submitted: a batch whose result never came, or was `Unknown`, may be there or not, but never without all before.
//! - **P5 failure stops the line.** When a commit fails, every batch submitted before the owner has taken all
//!   outstanding results fails too, with nothing of it written. Nothing computed on top of a failed batch can slip in.
//! - **P6 submit does not wait.** Not for the disk, not for the network. The owner bounds what is in flight by asking
//!   [`PartitionLog::in_flight`].
//! - **P7 snapshots.** An installed snapshot is durable when the call returns; a restore begins with the newest one
//!   that is whole. The last two are kept, and the log reaches back to the older of them.
//! - **P8 tail.** A tail hands out durable batches only, each once and in order, from any thread.
//! - **P9 trim.** Trimming never removes what a kept snapshot needs.
//! - **P10 honesty.** Damage is an error that names where; it is never a wrong state, a gap or a panic.
//!
//! Commands are not part of this trait. In one process they come from a channel and need no durability of their own:
//! what is logged is their effects. A log whose commands arrive through it (Kafka, where a transaction covers the
//! command offsets as well) implements [`CommandSource`] beside it.

use std::{
    error, fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use super::error::{AcquireError, CommitError, PollError, RestoreError, SnapshotError, TailError, TrimError};

/// The generation of an owner; a later acquisition has a larger one and fences all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A place in the log: the number of a batch. The first batch has position 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// The position after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Names a batch that was submitted and whose result has not been taken yet. Counts up from 0 within an acquisition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Encoded effects that become durable together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The bytes, opaque to the log. May be empty.
    pub bytes: Vec<u8>,
}

/// What a restore hands back, in order: at most one snapshot, then every batch since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// The state as it was before the batch at this position.
    Snapshot(Position, &'a [u8]),
    /// A batch that was durable.
    Batch(Position, &'a [u8]),
}

/// What an acquisition found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquired {
    /// The new owner's epoch: larger than every one before.
    pub epoch: Epoch,
    /// The position the next batch will get.
    pub next: Position,
    /// What recovery had to do, for the owner to log: a torn tail that was cut, a snapshot passed over.
    pub warnings: Vec<Warning>,
}

/// Something that recovery mended, and that an operator may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The last write had not finished when the machine or process stopped. No batch in it was acknowledged.
    TornTail {
        /// The segment.
        file: PathBuf,
        /// Where the unfinished write begins, in bytes.
        offset: u64,
    },
    /// A snapshot was not whole; an older one and more of the log were used instead.
    SnapshotPassedOver {
        /// The snapshot.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornTail { file, offset } => write!(
                f,
                "cut an unfinished write from the end of the log: {} at byte {offset}; nothing in it was acknowledged",
                file.display()
            ),
            Self::SnapshotPassedOver { file, reason } => {
                write!(f, "passed over snapshot {}: {reason}; restored from an older one", file.display())
            }
        }
    }
}

/// The result of one batch.
#[derive(Debug)]
pub struct Completed {
    /// Which batch.
    pub ticket: Ticket,
    /// Where it is, durably; or the batch back, and why it is not.
    pub result: Result<Position, Refused>,
}

/// A batch that was not committed, given back so that the owner need not keep a copy for a retry.
#[derive(Debug)]
pub struct Refused {
    /// The batch as submitted.
    pub batch: Batch,
    /// Why.
    pub error: CommitError,
}

/// Called by the log, from a thread of its own, after results have become available; must not block.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Why an application of restored entries stopped.
pub type ApplyError = Box<dyn error::Error + Send + Sync>;

/// What the caller does with each restored entry; an error ends the restore.
pub type Apply<'a> = dyn FnMut(Entry<'_>) -> Result<(), ApplyError> + 'a;

/// The durable log of one partition, as seen by its one owner thread.
///
/// ```text
///  open ──acquire──▶ acquired ──restore──▶ running ──submit/completed──▶ running
///                       ▲                     │
///                       └──── acquire ◀───────┘ after Rewind, Fenced or Unknown
/// ```
pub trait PartitionLog: Send {
    /// Makes the caller the owner, fences the former one and finds the end of the log. Called again after `Rewind`,
    /// `Fenced` or `Unknown`; what was in flight is forgotten then, and may or may not be restored.
    fn acquire(&mut self) -> Result<Acquired, AcquireError>;

    /// Hands back the newest whole snapshot, if there is one, and every batch since, in order; returns the position
    /// the next batch will get. Only between `acquire` and the first `submit`.
    fn restore(&mut self, apply: &mut Apply<'_>) -> Result<Position, RestoreError>;

    /// Hands over the next batch and returns at once. The next batch is computed meanwhile. Before an acquisition, and
    /// after a failure that needs a new one, the result is an error, never a panic.
    fn submit(&mut self, batch: Batch) -> Ticket;

    /// The next result in the order of submission; waits for at most `wait` if none is there yet. `None` at once if
    /// nothing is in flight.
    fn completed(&mut self, wait: Duration) -> Option<Completed>;

    /// What is submitted and whose result was not taken yet.
    fn in_flight(&self) -> InFlight;

    /// Asks to be woken whenever results become available, so that one thread can wait for commands and results alike.
    fn set_wake(&mut self, wake: Wake);

    /// Reads durable batches from `from` on and follows the log; for the thread that makes snapshots, for standbys.
    fn tail(&self, from: Position) -> Result<Box<dyn Tail>, TailError>;

    /// The snapshots of this log, usable from another thread while the owner goes on submitting.
    fn snapshots(&self) -> Arc<dyn SnapshotStore>;

    /// As [`SnapshotStore::install`]; blocks for as long as the write takes.
    fn install_snapshot(&mut self, at: Position, state: &[u8]) -> Result<(), SnapshotError> {
        self.snapshots().install(at, state)
    }

    /// As [`SnapshotStore::trim`].
    fn trim(&mut self, below: Position) -> Result<Position, TrimError> {
        self.snapshots().trim(below)
    }
}

/// What is submitted and not yet answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InFlight {
    /// How many batches.
    pub batches: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// Snapshots and the part of the log they make superfluous. Callable from any thread.
pub trait SnapshotStore: Send + Sync {
    /// The newest whole snapshot: the state before the batch at its position.
    fn newest(&self) -> Result<Option<(Position, Vec<u8>)>, SnapshotError>;

    /// Keeps the state as it is before the batch at `at`, durably, and drops all but the last two snapshots. A snapshot
    /// below the newest one is refused.
    fn install(&self, at: Position, state: &[u8]) -> Result<(), SnapshotError>;

    /// Gives up batches below `below`, or below the oldest kept snapshot if that is lower; returns the position up to
    /// which they are given up. Nothing is before there are two snapshots: one of them is to fall back to. Space is freed in
    /// whole segments.
    fn trim(&self, below: Position) -> Result<Position, TrimError>;
}

/// Follows the durable end of a log.
pub trait Tail: Send {
    /// The next durable batch, copied into `batch`; waits for at most `wait` for one to become durable. `None` when none
    /// came. After an error the tail stays where it was.
    fn next(&mut self, batch: &mut Vec<u8>, wait: Duration) -> Result<Option<Position>, TailError>;

    /// The position that the next call will hand out.
    fn position(&self) -> Position;
}

/// Where commands come from, when they are part of what a commit makes durable.
///
/// The embedded log has none: in one process commands arrive over a channel, and only effects are logged.
pub trait CommandSource: Send {
    /// At most `max` encoded commands; waits for at most until `deadline` for the first one.
    fn poll(&mut self, max: usize, deadline: Instant) -> Result<Vec<Vec<u8>>, PollError>;
}
