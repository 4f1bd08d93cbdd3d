//! What happens beside the owner of a log: group commit while a sync runs, tails, snapshots and trims.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use dyeline::log::{Batch, EmbeddedLog, EmbeddedOptions, PartitionLog, Position, TailError};
use dyeline_processors::disk::{Disk, DiskFile, Open, SyncPoint};
use dyeline_tests::{
    disk::ForgetfulDisk,
    log_conformance::{commit, restore, wait},
};

/// The longest that anything here may take.
const LIMIT: Duration = Duration::from_secs(30);

const SMALL: EmbeddedOptions =
    EmbeddedOptions { segment_bytes: 8192, first_segment_bytes: 4096, spare_segments: 2, prepare: true };

/// A disk whose syncs of batches wait at a gate.
#[derive(Clone, Debug)]
struct Gated {
    disk: ForgetfulDisk,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Debug, Default)]
struct Gate {
    /// How many syncs may still pass; without a number all may.
    passes: Option<usize>,
    waiting: usize,
}

impl Gated {
    fn let_pass(&self, passes: Option<usize>) {
        self.gate.0.lock().unwrap().passes = passes;
        self.gate.1.notify_all();
    }

    fn wait_until_one_waits(&self) {
        let gate = self.gate.0.lock().unwrap();
        let (_gate, late) = self.gate.1.wait_timeout_while(gate, LIMIT, |g| g.waiting == 0).unwrap();
        assert!(!late.timed_out(), "no sync comes to the gate");
    }

    fn pass(&self) {
        let mut gate = self.gate.0.lock().unwrap();
        gate.waiting += 1;
        self.gate.1.notify_all();
        let closed = |gate: &mut Gate| gate.passes == Some(0);
        let (mut gate, _) = self.gate.1.wait_timeout_while(gate, LIMIT, closed).unwrap();
        gate.waiting -= 1;
        gate.passes = gate.passes.map(|p| p.saturating_sub(1));
    }
}

impl Disk for Gated {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(GatedFile { file: self.disk.open(path, how)?, disk: self.clone() }))
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir_all(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
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

#[derive(Debug)]
struct GatedFile {
    file: Box<dyn DiskFile>,
    disk: Gated,
}

impl DiskFile for GatedFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(buf, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn sync(&self, point: SyncPoint) -> io::Result<()> {
        if point == SyncPoint::LogBatch {
            self.disk.pass();
        }
        self.file.sync(point)
    }
}

fn batch(number: u64) -> Vec<u8> {
    format!("batch {number} {}", "t".repeat(number as usize % 150)).into_bytes()
}

#[test]
fn what_is_submitted_during_a_sync_goes_with_the_next() {
    let disk = Gated { disk: ForgetfulDisk::new("/"), gate: Arc::default() };
    let mut log = EmbeddedLog::new(Arc::new(disk.clone()), "/log", EmbeddedOptions::default());
    log.acquire().unwrap();
    let mut tail = log.tail(Position(0)).unwrap();
    disk.let_pass(Some(0));
    log.submit(Batch { bytes: batch(0) });
    disk.wait_until_one_waits();
    for number in 1..100 {
        log.submit(Batch { bytes: batch(number) });
    }
    assert_eq!(log.in_flight().batches, 100, "submitting has not waited for the disk");
    assert!(log.completed(Duration::ZERO).is_none(), "nothing is durable yet");
    let mut bytes = Vec::new();
    assert_eq!(tail.next(&mut bytes, Duration::ZERO).unwrap(), None, "so nothing is seen");

    disk.let_pass(Some(1));
    assert_eq!(wait(&mut log).result.unwrap(), Position(0));
    disk.wait_until_one_waits();
    assert!(log.completed(Duration::ZERO).is_none());
    assert_eq!(tail.next(&mut bytes, LIMIT).unwrap(), Some(Position(0)));
    assert_eq!(tail.next(&mut bytes, Duration::ZERO).unwrap(), None);

    disk.let_pass(None);
    for number in 1..100 {
        assert_eq!(wait(&mut log).result.unwrap(), Position(number));
        assert_eq!(tail.next(&mut bytes, LIMIT).unwrap(), Some(Position(number)));
        assert_eq!(bytes, batch(number));
    }
    assert_eq!(disk.disk.syncs()[&SyncPoint::LogBatch], 2, "two writes for a hundred batches");
}

/// A state that depends on every batch and on their order.
fn apply(state: u64, batch: &[u8]) -> u64 {
    batch.iter().fold(state, |state, b| (state ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// Replays the log into a second state, and keeps snapshots of it; returns how many.
fn snapshotter(log: &EmbeddedLog, until: u64) -> thread::JoinHandle<u64> {
    let snapshots = log.snapshots();
    let mut tail = log.tail(Position(0)).unwrap();
    thread::spawn(move || {
        let (mut state, mut batch, mut kept) = (0, Vec::new(), 0);
        while tail.position().0 < until {
            if tail.next(&mut batch, LIMIT).unwrap().is_none() {
                panic!("the log has stopped at {:?}", tail.position());
            }
            state = apply(state, &batch);
            if tail.position().0.is_multiple_of(97) {
                snapshots.install(tail.position(), &state.to_le_bytes()).unwrap();
                snapshots.trim(tail.position()).unwrap();
                kept += 1;
            }
        }
        kept
    })
}

/// Reads from the beginning, more slowly than the log is trimmed; returns how much it has read and whether it was
/// overtaken.
fn slow_reader(log: &EmbeddedLog, until: u64) -> thread::JoinHandle<(u64, bool)> {
    let mut tail = log.tail(Position(0)).unwrap();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        while tail.position().0 < until {
            match tail.next(&mut bytes, LIMIT) {
                Ok(Some(position)) => assert_eq!(bytes, batch(position.0), "what it reads is right"),
                Ok(None) => panic!("the log has stopped at {:?}", tail.position()),
                Err(TailError::Trimmed { at, oldest }) => {
                    assert!(at == tail.position() && at < oldest);
                    return (at.0, true);
                }
                Err(other) => panic!("at {:?}: {other}", tail.position()),
            }
            thread::yield_now();
        }
        (until, false)
    })
}

/// A reader that is overtaken by a trim is told so, and not that the log is damaged.
#[test]
fn a_tail_that_is_overtaken_is_told_so() {
    let disk = ForgetfulDisk::new("/");
    let mut log = EmbeddedLog::new(Arc::new(disk), "/log", SMALL);
    log.acquire().unwrap();
    for number in 0..50 {
        commit(&mut log, &[batch(number)]);
    }
    let mut tail = log.tail(Position(0)).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(tail.next(&mut bytes, LIMIT).unwrap(), Some(Position(0)));
    for number in 50..600 {
        commit(&mut log, &[batch(number)]);
        if number % 100 == 99 {
            log.install_snapshot(Position(number), b"").unwrap();
            log.trim(Position(number)).unwrap();
        }
    }
    let mut read = 1;
    let error = loop {
        match tail.next(&mut bytes, LIMIT) {
            Ok(Some(position)) => {
                assert_eq!((position.0, &bytes), (read, &batch(read)), "what is still read is right");
                read += 1;
            }
            Ok(None) => panic!("the log goes on"),
            Err(error) => break error,
        }
    };
    let TailError::Trimmed { at, oldest } = error else { panic!("not overtaken, but {error}") };
    assert_eq!(at.0, read);
    let mut tail = log.tail(oldest).unwrap();
    assert_eq!(tail.next(&mut bytes, LIMIT).unwrap(), Some(oldest));
    assert_eq!(bytes, batch(oldest.0));
}

#[test]
fn snapshots_from_a_second_state_while_the_owner_goes_on() {
    const BATCHES: u64 = 5000;
    let disk = ForgetfulDisk::new("/");
    let mut log = EmbeddedLog::new(Arc::new(disk.clone()), "/log", SMALL);
    log.acquire().unwrap();
    let keeper = snapshotter(&log, BATCHES);
    let reader = slow_reader(&log, BATCHES);
    let mut state = 0;
    for number in 0..BATCHES {
        commit(&mut log, &[batch(number)]);
        state = apply(state, &batch(number));
    }
    let began = Instant::now();
    let kept = keeper.join().unwrap();
    assert!(began.elapsed() < LIMIT);
    assert_eq!(kept, BATCHES / 97);
    let (read, overtaken) = reader.join().unwrap();
    assert!(overtaken || read == BATCHES, "the slow reader has read {read}");

    let segments =
        disk.files().iter().filter(|(path, _)| path.to_string_lossy().contains("segment-")).count();
    assert!(segments < 12, "{segments} segments are left after trimming");
    disk.crash(1);
    drop(log);
    let mut log = EmbeddedLog::new(Arc::new(disk), "/log", SMALL);
    log.acquire().unwrap();
    let restored = restore(&mut log).unwrap();
    let (at, snapshot) = restored.snapshot.unwrap();
    assert_eq!(at, BATCHES / 97 * 97);
    let replayed =
        restored.batches.iter().fold(u64::from_le_bytes(snapshot.try_into().unwrap()), |s, b| apply(s, &b.1));
    assert_eq!(replayed, state);
}
