//! Each sync of the log is needed: with any one taken out, some crash loses something.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

use std::{path::Path, sync::Arc, time::Instant};

use dyeline::log::{Batch, CommitError, EmbeddedLog, EmbeddedOptions, PartitionLog};
use dyeline_processors::disk::SyncPoint;
use dyeline_tests::{
    disk::{Call, Failure, Fault, ForgetfulDisk, PROOFS, unproven},
    log_conformance::{commit, restore, wait},
    log_workload::Workload,
};

/// How many lives may pass before one shows the loss.
const SEEDS: u64 = 400;

fn open(disk: &ForgetfulDisk, options: EmbeddedOptions) -> EmbeddedLog {
    EmbeddedLog::new(Arc::new(disk.clone()), "/data/log", options)
}

/// Runs lives without the point until one loses something, and returns what.
fn loss_without(point: SyncPoint) -> String {
    let mut called = 0;
    for seed in 0..SEEDS {
        let workload = Workload::new(seed).without(&[point]);
        let disk = workload.disk();
        let lived = workload.run();
        called += disk.syncs().get(&point).copied().unwrap_or(0);
        if let Err(loss) = lived {
            println!("{point:?}: seed {seed}: {loss}");
            return loss;
        }
    }
    panic!("{point:?} was called {called} times, and nothing is lost without it in {SEEDS} lives");
}

#[test]
fn without_the_sync_of_a_batch_acknowledged_batches_are_lost() {
    loss_without(SyncPoint::LogBatch);
}

#[test]
fn without_the_sync_of_a_segment_the_log_cannot_be_opened() {
    loss_without(SyncPoint::LogSegment);
}

#[test]
fn without_the_sync_of_the_first_segment_the_log_cannot_be_opened() {
    loss_without(SyncPoint::LogFirstSegment);
}

#[test]
fn without_the_sync_of_a_roll_over_segments_are_lost() {
    loss_without(SyncPoint::LogRoll);
}

#[test]
fn without_the_sync_of_the_folder_an_epoch_returns() {
    loss_without(SyncPoint::LogFolder);
}

#[test]
fn without_the_sync_of_the_folders_above_the_log_is_lost() {
    loss_without(SyncPoint::LogHome);
}

/// Of a write that found no space all but the last bytes is there. How many crashes bring the refused batch back?
fn refused_batches_that_return(taken_out: &[SyncPoint]) -> usize {
    let returns = |seed: &u64| {
        let disk = ForgetfulDisk::new("/");
        disk.take_out(taken_out);
        let mut log = open(&disk, EmbeddedOptions::default());
        log.acquire().unwrap();
        commit(&mut log, &[b"kept".to_vec()]);
        disk.inject(Fault { call: Call::Write, after: 0, how: Failure::NoSpace { missing: 4 } });
        log.submit(Batch { bytes: b"refused".to_vec() });
        let refused = wait(&mut log).result.unwrap_err();
        assert!(matches!(refused.error, CommitError::Full { .. }), "{}", refused.error);
        disk.crash(*seed);
        drop(log);
        let mut log = open(&disk, EmbeddedOptions::default());
        log.acquire().unwrap();
        restore(&mut log).unwrap().batches.len() > 1
    };
    (0..100).filter(returns).count()
}

#[test]
fn without_the_sync_of_a_write_taken_back_a_refused_batch_returns() {
    assert_eq!(refused_batches_that_return(&[]), 0);
    assert!(refused_batches_that_return(&[SyncPoint::LogTakenBack]) > 0);
}

/// The most bytes that the sync of a new segment's header had to write, with spares made in the background.
fn largest_wait_at_a_roll_over(taken_out: &[SyncPoint]) -> u64 {
    const SEGMENT: u64 = 64 << 10;
    let disk = ForgetfulDisk::new("/");
    disk.take_out(taken_out);
    let options =
        EmbeddedOptions { segment_bytes: SEGMENT, first_segment_bytes: SEGMENT, ..Default::default() };
    let mut log = open(&disk, options);
    log.acquire().unwrap();
    let mut spares = 0;
    let mut written = 0;
    while disk.syncs().get(&SyncPoint::LogSegment).copied().unwrap_or(0) < 4 {
        commit(&mut log, &[vec![1; 4000]]);
        written += 1;
        if written % 16 == 10 {
            // Past the half of a segment: the next one is under way.
            spares += 1;
            let began = Instant::now();
            while disk.files().iter().filter(|(path, _)| is_spare(path)).count() == 0 {
                assert!(began.elapsed().as_secs() < 20, "spare {spares} is not made");
                std::thread::yield_now();
            }
        }
    }
    disk.largest_sync(SyncPoint::LogSegment)
}

fn is_spare(path: &Path) -> bool {
    path.extension().is_none() && path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("spare-"))
}

#[test]
fn without_the_sync_of_a_spare_a_roll_over_waits_for_a_whole_segment() {
    assert!(largest_wait_at_a_roll_over(&[]) < 1024);
    assert!(largest_wait_at_a_roll_over(&[SyncPoint::LogSpare]) >= 64 << 10);
}

#[test]
fn without_the_sync_of_the_epoch_the_log_cannot_be_opened() {
    loss_without(SyncPoint::LogEpoch);
}

#[test]
fn without_the_sync_at_recovery_restored_batches_are_lost() {
    loss_without(SyncPoint::LogRecovery);
}

#[test]
fn without_the_sync_of_a_snapshot_a_trimmed_log_is_lost() {
    loss_without(SyncPoint::Snapshot);
}

#[test]
fn without_the_sync_of_the_snapshots_folder_a_trimmed_log_is_lost() {
    loss_without(SyncPoint::SnapshotFolder);
}

/// Each sync of the log and of its snapshots has its proof, and this file holds those that are named from it.
#[test]
fn each_sync_of_the_log_is_proved() {
    let here = include_str!("log_syncs.rs");
    let ours = PROOFS.iter().filter(|proof| proof.file.ends_with("/log_syncs.rs"));
    for proof in ours {
        assert!(here.contains(&format!("#[test]\nfn {}(", proof.test)), "{proof:?} names no test");
    }
    let of_the_log = |point: &SyncPoint| {
        let name = format!("{point:?}");
        name.starts_with("Log") || name.starts_with("Snapshot")
    };
    assert!(!unproven().iter().any(of_the_log), "a sync of the log has no proof: {:?}", unproven());
}
