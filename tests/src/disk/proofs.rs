//! Which test shows that a sync is needed: each point names one that fails when the sync is taken out.

use dyeline_processors::disk::SyncPoint;

/// A test that takes a sync out, and sees something lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What is taken out.
    pub point: SyncPoint,
    /// The file of the test, from the top of the repository.
    pub file: &'static str,
    /// The name of the test function.
    pub test: &'static str,
}

const fn log(point: SyncPoint, test: &'static str) -> Proof {
    Proof { point, file: "tests/tests/log_syncs.rs", test }
}

const fn output(point: SyncPoint, test: &'static str) -> Proof {
    Proof { point, file: "tests/tests/output_syncs.rs", test }
}

/// The proofs there are. A new [`SyncPoint`] gets its line here, with its test.
pub const PROOFS: &[Proof] = &[
    log(SyncPoint::LogBatch, "without_the_sync_of_a_batch_acknowledged_batches_are_lost"),
    log(SyncPoint::LogTakenBack, "without_the_sync_of_a_write_taken_back_a_refused_batch_returns"),
    log(SyncPoint::LogSegment, "without_the_sync_of_a_segment_the_log_cannot_be_opened"),
    log(SyncPoint::LogFirstSegment, "without_the_sync_of_the_first_segment_the_log_cannot_be_opened"),
    log(SyncPoint::LogSpare, "without_the_sync_of_a_spare_a_roll_over_waits_for_a_whole_segment"),
    log(SyncPoint::LogRoll, "without_the_sync_of_a_roll_over_segments_are_lost"),
    log(SyncPoint::LogFolder, "without_the_sync_of_the_folder_an_epoch_returns"),
    log(SyncPoint::LogHome, "without_the_sync_of_the_folders_above_the_log_is_lost"),
    log(SyncPoint::LogEpoch, "without_the_sync_of_the_epoch_the_log_cannot_be_opened"),
    log(SyncPoint::LogRecovery, "without_the_sync_at_recovery_restored_batches_are_lost"),
    log(SyncPoint::Snapshot, "without_the_sync_of_a_snapshot_a_trimmed_log_is_lost"),
    log(SyncPoint::SnapshotFolder, "without_the_sync_of_the_snapshots_folder_a_trimmed_log_is_lost"),
    output(SyncPoint::SpoolSegment, "without_the_sync_of_a_spool_segment_acknowledged_items_are_lost"),
    output(SyncPoint::SpoolFolder, "without_the_sync_of_the_spool_folder_a_segment_is_lost"),
    output(SyncPoint::SpoolHome, "without_the_sync_of_the_folders_above_the_spool_is_lost"),
    output(SyncPoint::SinkPart, "without_the_sync_of_a_part_acknowledged_rows_are_lost"),
    output(SyncPoint::SinkJoin, "without_the_sync_of_a_joined_part_acknowledged_rows_are_lost"),
    output(SyncPoint::SinkFolder, "without_the_sync_of_the_folder_of_parts_a_part_is_lost"),
    output(SyncPoint::SinkHome, "without_the_sync_of_the_folders_above_the_parts_are_lost"),
    output(SyncPoint::Manifest, "without_the_sync_of_a_manifest_the_output_cannot_be_read"),
    output(SyncPoint::ManifestFolder, "without_the_sync_of_the_manifests_folder_the_output_is_lost"),
];

/// The points without a proof.
pub fn unproven() -> Vec<SyncPoint> {
    SyncPoint::ALL.iter().copied().filter(|point| !PROOFS.iter().any(|p| p.point == *point)).collect()
}
