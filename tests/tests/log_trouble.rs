//! A disk that is full, and one that fails: what the owner of a log is told, and that nothing is lost.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use dyeline::log::{
    AcquireError, Batch, CommitError, EmbeddedLog, EmbeddedOptions, PartitionLog, Position, Refused,
    Retryable, SnapshotError,
};
use dyeline_processors::disk::{Disk, DiskFile, Open, SyncPoint};
use dyeline_tests::{
    disk::{Call, Failure, Fault, ForgetfulDisk},
    log_conformance::{Restored, commit, restore, wait},
    program::LIMIT,
};

const OPTIONS: EmbeddedOptions =
    EmbeddedOptions { segment_bytes: 8192, first_segment_bytes: 4096, spare_segments: 2, prepare: true };

fn open(disk: &ForgetfulDisk) -> EmbeddedLog {
    EmbeddedLog::new(Arc::new(disk.clone()), "/data/log", OPTIONS)
}

fn batch(number: usize) -> Vec<u8> {
    format!("batch {number} {}", "z".repeat(500)).into_bytes()
}

fn contents(restored: Restored) -> Vec<Vec<u8>> {
    restored.batches.into_iter().map(|b| b.1).collect()
}

/// Submits batches in groups until the disk is full; returns how many were committed, and those refused, in order.
fn fill(log: &mut EmbeddedLog, from: usize) -> (usize, Vec<Refused>) {
    let mut committed = from;
    loop {
        assert!(committed < 10_000, "the disk does not fill up");
        for i in 0..3 {
            log.submit(Batch { bytes: batch(committed + i) });
        }
        let results: Vec<_> = (0..3).map(|_| wait(log).result).collect();
        committed += results.iter().filter(|r| r.is_ok()).count();
        let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        if !refused.is_empty() {
            return (committed, refused);
        }
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    let disk = ForgetfulDisk::new("/");
    // Nothing is prepared in the background: a spare that is half written takes room and gives it back.
    let options = EmbeddedOptions { prepare: false, ..OPTIONS };
    let mut log = EmbeddedLog::new(Arc::new(disk.clone()), "/data/log", options);
    log.acquire().unwrap();
    let mut committed = 0;
    for room in [0, 3000, 8192, 20_000, 50_000] {
        disk.set_quota(Some(disk.used() + room));
        let (mut full_at, mut refused) = fill(&mut log, committed);
        for Refused { error, .. } in &refused {
            let CommitError::Full { path, needed } = error else { panic!("not for want of space: {error}") };
            assert_eq!((path.to_str(), *needed), (Some("/data/log"), 8192));
            assert_eq!(error.retryable(), Retryable::AfterHelp);
        }
        // Still full, and still said so. Where a group found no room one of its batches may, but never all in turn:
        // each has a frame of its own then.
        let error = loop {
            log.submit(refused[0].batch.clone());
            match wait(&mut log).result {
                Ok(_) => drop(refused.remove(0)),
                Err(Refused { error, .. }) => break error,
            }
            full_at += 1;
        };
        assert!(matches!(error, CommitError::Full { .. }));
        let used = disk.used();
        disk.set_quota(None);
        let again: Vec<_> = refused.into_iter().map(|r| r.batch.bytes).collect();
        assert_eq!(
            again,
            (full_at..full_at + again.len()).map(batch).collect::<Vec<_>>(),
            "in order, and all"
        );
        assert!(used <= disk.used());
        commit(&mut log, &again);
        committed = full_at + again.len();
    }
    disk.crash(3);
    drop(log);
    let mut log = open(&disk);
    log.acquire().unwrap();
    assert_eq!(contents(restore(&mut log).unwrap()), (0..committed).map(batch).collect::<Vec<_>>());
}

#[test]
fn a_log_can_be_left_full_and_is_opened_when_there_is_space_again() {
    let disk = ForgetfulDisk::new("/");
    let mut log = open(&disk);
    log.acquire().unwrap();
    commit(&mut log, &[batch(0)]);
    disk.set_quota(Some(disk.used()));
    drop(log);
    let mut log = open(&disk);
    let error = log.acquire().unwrap_err();
    assert!(matches!(error, AcquireError::Full { .. }), "{error}");
    assert_eq!(error.retryable(), Retryable::AfterHelp);
    let text = error.to_string();
    assert!(text.starts_with("no space for the log at /data/log/epoch.tmp"), "{text}");
    disk.set_quota(None);
    log.acquire().unwrap();
    assert_eq!(contents(restore(&mut log).unwrap()), [batch(0)]);
    commit(&mut log, &[batch(1)]);
}

#[test]
fn a_snapshot_without_space_leaves_everything_as_it_was() {
    let disk = ForgetfulDisk::new("/");
    let options = EmbeddedOptions { prepare: false, ..OPTIONS };
    let mut log = EmbeddedLog::new(Arc::new(disk.clone()), "/data/log", options);
    log.acquire().unwrap();
    commit(&mut log, &(0..20).map(batch).collect::<Vec<_>>());
    log.install_snapshot(Position(10), b"ten").unwrap();
    let used = disk.used();
    disk.set_quota(Some(used + 1000));
    match log.install_snapshot(Position(20), &[9; 5000]) {
        Err(SnapshotError::Full { path, needed }) => {
            assert!(path.ends_with("snapshot-00000000000000000020"), "{}", path.display());
            assert!(needed > 5000);
        }
        other => panic!("not for want of space: {other:?}"),
    }
    assert_eq!(disk.used(), used, "what was half written is removed");
    disk.set_quota(None);
    assert_eq!(log.snapshots().newest().unwrap(), Some((Position(10), b"ten".to_vec())));
    log.install_snapshot(Position(20), &[9; 5000]).unwrap();
    drop(log);
    let mut log = open(&disk);
    log.acquire().unwrap();
    assert_eq!(restore(&mut log).unwrap().snapshot, Some((20, vec![9; 5000])));
}

/// Fails one call while batches are committed; returns how many were acknowledged before.
fn fail_while_committing(disk: &ForgetfulDisk, log: &mut EmbeddedLog, call: Call) -> usize {
    let mut committed = 0;
    commit(log, &[batch(0), batch(1)]);
    disk.inject(Fault { call, after: 0, how: Failure::InputOutput });
    committed += 2;
    loop {
        assert!(committed < 1000, "{call:?} is never called");
        log.submit(Batch { bytes: batch(committed) });
        log.submit(Batch { bytes: batch(committed + 1) });
        let results = [wait(log).result, wait(log).result];
        committed += results.iter().filter(|r| r.is_ok()).count();
        if let Some(refused) = results.into_iter().find_map(Result::err) {
            assert_eq!(refused.error.retryable(), Retryable::AfterAcquire, "{}", refused.error);
            return committed;
        }
    }
}

#[test]
fn after_a_failed_write_or_sync_the_log_must_be_acquired_again() {
    let calls = [
        Call::Sync(SyncPoint::LogBatch),
        Call::Write,
        Call::Sync(SyncPoint::LogSegment),
        Call::Sync(SyncPoint::LogRoll),
        Call::Rename,
    ];
    for (seed, call) in calls.into_iter().enumerate() {
        let disk = ForgetfulDisk::new("/");
        let mut log = EmbeddedLog::new(
            Arc::new(disk.clone()),
            "/data/log",
            EmbeddedOptions { prepare: false, ..OPTIONS },
        );
        let before = log.acquire().unwrap();
        let committed = fail_while_committing(&disk, &mut log, call);
        log.submit(Batch { bytes: b"on top of what failed".to_vec() });
        let refused = wait(&mut log).result.unwrap_err();
        assert!(matches!(refused.error, CommitError::Rewind { .. }), "{call:?}: {}", refused.error);
        assert_eq!(refused.batch.bytes, b"on top of what failed");

        let after = log.acquire().unwrap();
        assert!(after.epoch > before.epoch);
        let there = contents(restore(&mut log).unwrap());
        assert!(
            (committed..=committed + 2).contains(&there.len()),
            "{call:?}: {} of {committed}",
            there.len()
        );
        assert_eq!(there, (0..there.len()).map(batch).collect::<Vec<_>>());
        // What was restored is durable from here on, also where the sync that failed had dropped it.
        disk.crash(seed as u64);
        drop(log);
        let mut log = open(&disk);
        log.acquire().unwrap();
        assert_eq!(contents(restore(&mut log).unwrap()), there, "{call:?}");
        commit(&mut log, &[batch(there.len())]);
    }
}

#[test]
fn a_second_owner_is_told_who_the_first_is() {
    let disk = ForgetfulDisk::new("/");
    let mut first = open(&disk);
    first.acquire().unwrap();
    let error = open(&disk).acquire().unwrap_err();
    let text = error.to_string();
    let expected = format!("log folder /data/log is in use by process {}; ", std::process::id());
    assert!(text.starts_with(&expected), "{text}");
    drop(first);
    open(&disk).acquire().unwrap();
}

/// A disk on which a spare segment that is written gets its name only when the gate opens.
#[derive(Clone, Debug)]
struct Gated {
    disk: ForgetfulDisk,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Debug, Default)]
struct Gate {
    reached: bool,
    open: bool,
}

impl Gated {
    /// Waits until a spare segment is written and has no name yet.
    fn reached(&self) {
        let gate = self.gate.0.lock().unwrap();
        let waited = self.gate.1.wait_timeout_while(gate, LIMIT, |gate| !gate.reached).unwrap();
        assert!(waited.0.reached, "no spare segment is prepared");
    }

    fn open(&self) {
        self.gate.0.lock().unwrap().open = true;
        self.gate.1.notify_all();
    }
}

impl Disk for Gated {
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if to.file_name().is_some_and(|name| name.to_string_lossy().starts_with("spare-")) {
            let mut gate = self.gate.0.lock().unwrap();
            gate.reached = true;
            self.gate.1.notify_all();
            drop(self.gate.1.wait_timeout_while(gate, LIMIT, |gate| !gate.open).unwrap());
        }
        self.disk.rename(from, to)
    }

    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(path, how)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir_all(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.disk.list(path)
    }

    fn sync_dir(&self, path: &Path, point: SyncPoint) -> io::Result<()> {
        self.disk.sync_dir(path, point)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        self.disk.lock(path)
    }
}

#[test]
fn a_segment_that_is_being_made_is_waited_for_when_there_is_no_room_for_another() {
    let gated = Gated { disk: ForgetfulDisk::new("/"), gate: Arc::default() };
    let mut log = EmbeddedLog::new(Arc::new(gated.clone()), "/data/log", OPTIONS);
    log.acquire().unwrap();
    gated.disk.set_quota(Some(gated.disk.used() + OPTIONS.segment_bytes));
    // More than half of the first segment, and less than all of it.
    commit(&mut log, &(0..5).map(batch).collect::<Vec<_>>());
    gated.reached();
    log.submit(Batch { bytes: vec![7; 3000] });
    let early = log.completed(Duration::from_millis(50));
    gated.open();
    let completed = early.unwrap_or_else(|| wait(&mut log));
    assert_eq!(completed.result.map_err(|refused| refused.error.to_string()), Ok(Position(5)));
}
