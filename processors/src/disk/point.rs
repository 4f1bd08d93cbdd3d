//! Every sync there is, by its id.

/// A sync in the code. Each has an id, so that a test can take out one at a time and see that something fails.
///
/// The list is the whole list: a sync that is not named here cannot be called. Each is called at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SyncPoint {
    /// A batch of records in a log segment, before anything that follows from it leaves.
    LogBatch,
    /// The end of a log segment after a write that found no space, so that no part of it counts.
    LogTakenBack,
    /// The header of a log segment, before it gets its name.
    LogSegment,
    /// The first segment of a new log, before it gets its name.
    LogFirstSegment,
    /// A spare log segment, in full, so that nothing waits for that when it is needed.
    LogSpare,
    /// The folder of the log after a segment was named, before the first batch in it.
    LogRoll,
    /// The folder of the log at the start, before the first batch of a new owner.
    LogFolder,
    /// The folders above the files of the log, after they were made.
    LogHome,
    /// The file that holds the epoch.
    LogEpoch,
    /// The end of a log that was found at the start, before anything that follows from it leaves.
    LogRecovery,
    /// A snapshot, before its rename.
    Snapshot,
    /// The folder of the snapshots, after a rename.
    SnapshotFolder,
    /// A spool segment, before the checkpoint that names it.
    SpoolSegment,
    /// The folder of a spool segment.
    SpoolFolder,
    /// The folders above spool segments, after they were made.
    SpoolHome,
    /// A fragment or a part of a sink, before the checkpoint or the shard's end that names it.
    SinkPart,
    /// A part that was joined of fragments, before the shard's end that names it.
    SinkJoin,
    /// The folder of a sink's part.
    SinkFolder,
    /// The folders above a sink's parts, after they were made.
    SinkHome,
    /// A manifest, before its rename.
    Manifest,
    /// The folder of a manifest, after its rename.
    ManifestFolder,
}

impl SyncPoint {
    /// Every sync there is.
    pub const ALL: &'static [Self] = &[
        Self::LogBatch,
        Self::LogTakenBack,
        Self::LogSegment,
        Self::LogFirstSegment,
        Self::LogSpare,
        Self::LogRoll,
        Self::LogFolder,
        Self::LogHome,
        Self::LogEpoch,
        Self::LogRecovery,
        Self::Snapshot,
        Self::SnapshotFolder,
        Self::SpoolSegment,
        Self::SpoolFolder,
        Self::SpoolHome,
        Self::SinkPart,
        Self::SinkJoin,
        Self::SinkFolder,
        Self::SinkHome,
        Self::Manifest,
        Self::ManifestFolder,
    ];
}
