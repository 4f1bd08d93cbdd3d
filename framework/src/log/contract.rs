//! What the engine thread asks of a log, and what it may rely on.

use std::{fmt, io, path::PathBuf, time::Duration};

/// The generation of an owner; a later acquisition has a larger one and fences all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A place in the log: the number of the next batch. The first batch has position 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// Names a batch that was submitted and is not known to be durable yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Encoded effects that become durable together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The bytes, opaque to the log.
    pub bytes: Vec<u8>,
}

/// What a restore hands back, in order: at most one snapshot, then every batch since.
#[derive(Debug)]
pub enum Entry<'a> {
    /// The state as it was before the batch at this position.
    Snapshot(Position, &'a [u8]),
    /// A batch that was durable.
    Batch(Position, &'a [u8]),
}
