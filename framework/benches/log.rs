//! How fast the embedded log is on the disk of this machine: commits, syncs per batch, first commit, restore, snapshots.
//!
//! `cargo bench -p dyeline --bench log` prints one line for each measure. It uses the folder for temporary files, or the
//! one that is given behind `--`.
#![expect(clippy::unwrap_used, reason = "a benchmark ends at the first error")]

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use dyeline::log::{Batch, EmbeddedLog, EmbeddedOptions, PartitionLog, Position};
use dyeline_processors::disk::{Disk, DiskFile, Open, OsDisk, SyncPoint};

const LIMIT: Duration = Duration::from_secs(60);
/// Bytes of a batch: an engine step of one or two effects.
const BATCH: usize = 200;

/// The disk of this machine, with its syncs counted.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicU64>);

#[derive(Debug)]
struct CountingFile(Box<dyn DiskFile>, Arc<AtomicU64>);

impl Disk for Counting {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(CountingFile(OsDisk.open(path, how)?, Arc::clone(&self.0))))
    }
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        OsDisk.create_dir_all(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        OsDisk.remove(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        OsDisk.list(path)
    }
    fn sync_dir(&self, path: &Path, point: SyncPoint) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        OsDisk.sync_dir(path, point)
    }
    fn durable_folders(&self) -> Option<&Mutex<BTreeSet<PathBuf>>> {
        OsDisk.durable_folders()
    }
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        OsDisk.lock(path)
    }
}

impl DiskFile for CountingFile {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(buf, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn sync(&self, point: SyncPoint) -> io::Result<()> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.sync(point)
    }
}

fn main() {
    let given = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let base = given.map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(base).unwrap();
    first_commit(folder.path());
    for in_flight in [1, 8, 64, 1000] {
        commits(folder.path(), in_flight);
    }
    prewritten_or_growing(folder.path());
    restore(folder.path());
    snapshot_beside_commits(folder.path());
}

fn open(disk: &Counting, folder: &Path) -> EmbeddedLog {
    let mut log = EmbeddedLog::new(Arc::new(disk.clone()), folder, EmbeddedOptions::default());
    log.acquire().unwrap();
    log
}

fn commit(log: &mut EmbeddedLog, bytes: usize) {
    log.submit(Batch { bytes: vec![7; bytes] });
    log.completed(LIMIT).unwrap().result.unwrap();
}

/// From nothing to the first durable batch.
fn first_commit(folder: &Path) {
    let mut times: Vec<_> = (0..21)
        .map(|i| {
            let began = Instant::now();
            let mut log = open(&Counting::default(), &folder.join(format!("first-{i}")));
            commit(&mut log, BATCH);
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("first commit of a new log: median {:?}, slowest {:?}", times[10], times[20]);
}

/// So many submitters, each waiting for its batch before it submits the next.
fn commits(folder: &Path, in_flight: usize) {
    let disk = Counting::default();
    let mut log = open(&disk, &folder.join(format!("commits-{in_flight}")));
    commit(&mut log, BATCH);
    let before = disk.0.load(Ordering::Relaxed);
    let (began, mut done) = (Instant::now(), 0_u64);
    while began.elapsed() < Duration::from_secs(2) {
        while log.in_flight().batches < in_flight {
            log.submit(Batch { bytes: vec![7; BATCH] });
        }
        log.completed(LIMIT).unwrap().result.unwrap();
        done += 1;
        while let Some(completed) = log.completed(Duration::ZERO) {
            completed.result.unwrap();
            done += 1;
        }
    }
    let syncs = disk.0.load(Ordering::Relaxed) - before;
    println!(
        "{in_flight:>4} submitters: {:>9.0} batches/s, {:.3} syncs a batch",
        done as f64 / began.elapsed().as_secs_f64(),
        syncs as f64 / done as f64
    );
}

/// What segments are written in full for: the same small writes and syncs on three kinds of file.
fn prewritten_or_growing(folder: &Path) {
    const WRITES: u64 = 2000;
    const SIZE: usize = 1024;
    let rate = |file: &dyn DiskFile| {
        let began = Instant::now();
        for i in 0..WRITES {
            file.write_all_at(&[7; SIZE], i * SIZE as u64).unwrap();
            file.sync(SyncPoint::LogBatch).unwrap();
        }
        WRITES as f64 / began.elapsed().as_secs_f64()
    };
    let growing = OsDisk.open(&folder.join("growing"), Open::Create).unwrap();
    let grown = rate(&*growing);
    let reused = rate(&*growing);
    let written = OsDisk.open(&folder.join("written"), Open::Create).unwrap();
    written.write_all_at(&vec![0; WRITES as usize * SIZE], 0).unwrap();
    written.sync(SyncPoint::LogSegment).unwrap();
    let prewritten = rate(&*written);
    println!(
        "writes of {SIZE} B, each synced: growing {grown:.0}/s, pre-written {prewritten:.0}/s, reused {reused:.0}/s"
    );
}

/// Reading back what was committed.
fn restore(folder: &Path) {
    const BATCHES: usize = 500_000;
    let disk = Counting::default();
    let folder = folder.join("restore");
    let mut log = open(&disk, &folder);
    let began = Instant::now();
    for _ in 0..BATCHES {
        while log.in_flight().batches >= 1000 {
            log.completed(LIMIT).unwrap().result.unwrap();
        }
        log.submit(Batch { bytes: vec![7; BATCH] });
    }
    while let Some(completed) = log.completed(LIMIT) {
        completed.result.unwrap();
    }
    let wrote = began.elapsed();
    drop(log);
    let began = Instant::now();
    let mut log = open(&disk, &folder);
    let acquired = began.elapsed();
    let mut read = 0;
    log.restore(&mut |_| {
        read += 1;
        Ok(())
    })
    .unwrap();
    let took = began.elapsed();
    assert_eq!(read, BATCHES);
    println!(
        "restore: {BATCHES} batches of {BATCH} B written in {wrote:?}, acquired in {acquired:?}, restored in {took:?}: \
         {:.1}M batches/s",
        BATCHES as f64 / took.as_secs_f64() / 1e6
    );
}

/// The longest that a commit takes while a snapshot is written beside it.
fn snapshot_beside_commits(folder: &Path) {
    const STATE: usize = 200 << 20;
    let mut log = open(&Counting::default(), &folder.join("snapshot"));
    commit(&mut log, BATCH);
    let state = vec![7; STATE];
    let longest = |log: &mut EmbeddedLog, until: &dyn Fn() -> bool| {
        let mut times = Vec::new();
        while !until() {
            let began = Instant::now();
            commit(log, BATCH);
            times.push(began.elapsed());
        }
        times.sort();
        (times[times.len() * 99 / 100], times[times.len() - 1])
    };
    let began = Instant::now();
    let calm = longest(&mut log, &|| began.elapsed() > Duration::from_secs(1));
    let snapshots = log.snapshots();
    let began = Instant::now();
    let writer = thread::spawn(move || snapshots.install(Position(1), &state).unwrap());
    let busy = longest(&mut log, &|| writer.is_finished());
    let took = began.elapsed();
    writer.join().unwrap();
    println!(
        "commits: p99 {:?}, longest {:?}; beside a snapshot of {} MiB ({took:?}): p99 {:?}, longest {:?}",
        calm.0,
        calm.1,
        STATE >> 20,
        busy.0,
        busy.1
    );
}
