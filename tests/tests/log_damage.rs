//! Bytes that change under a log: at each byte of each file of a small one, something is flipped, cut or repeated.
//!
//! Never a panic, never a wrong state: the exact content, an exact beginning of it where the last write was hit, or an
//! error that names the file.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use dyeline::log::{
    AcquireError, Damage, EmbeddedLog, EmbeddedOptions, PartitionLog, Position, RestoreError,
};
use dyeline_tests::{
    disk::ForgetfulDisk,
    log_conformance::{Restored, commit, restore},
};

const OPTIONS: EmbeddedOptions =
    EmbeddedOptions { segment_bytes: 4096, first_segment_bytes: 4096, spare_segments: 2, prepare: false };

/// A log with sealed and trimmed segments, a spare, two snapshots and two epochs; its last write is one batch.
struct Sample {
    files: Vec<(PathBuf, Vec<u8>)>,
    history: Vec<Vec<u8>>,
    /// Where the last write begins: in this file, at this byte.
    last_write: (PathBuf, usize),
}

fn open(disk: &ForgetfulDisk) -> EmbeddedLog {
    EmbeddedLog::new(Arc::new(disk.clone()), "/log", OPTIONS)
}

fn snapshot_of(history: &[Vec<u8>]) -> Vec<u8> {
    format!("{} batches, the last one {:?}", history.len(), history.last()).into_bytes()
}

fn sample() -> Sample {
    let disk = ForgetfulDisk::new("/");
    let mut history = Vec::new();
    let mut log = open(&disk);
    log.acquire().unwrap();
    for i in 0..90_u64 {
        if i == 80 {
            drop(log);
            log = open(&disk);
            log.acquire().unwrap();
        }
        let batch = format!("batch {i} {}", "abc".repeat(i as usize % 40)).into_bytes();
        commit(&mut log, std::slice::from_ref(&batch));
        history.push(batch);
        if [60, 84].contains(&i) {
            let at = Position(history.len() as u64);
            log.install_snapshot(at, &snapshot_of(&history)).unwrap();
            log.trim(at).unwrap();
        }
    }
    drop(log);
    let files: Vec<_> = disk.files().into_iter().filter(|(path, _)| !path.ends_with("lock")).collect();
    let is_segment = |path: &Path| path.to_string_lossy().contains("segment-");
    let segments: Vec<_> = files.iter().filter(|(path, _)| is_segment(path)).collect();
    assert!(segments.len() >= 2, "a sealed segment and the last one: {:?}", segments.len());
    assert!(files.iter().any(|(path, _)| path.to_string_lossy().contains("spare-")), "a spare one");
    let (path, bytes) = segments.last().unwrap();
    // What the segment held before it was reused may follow: the number in a frame tells.
    let number = &bytes[16..24];
    let is_own = |frame: &[u8]| frame.starts_with(b"DYFR") && &frame[16..24] == number;
    let at = bytes.windows(24).rposition(is_own).unwrap();
    let last_write = (path.clone(), at);
    Sample { files, history, last_write }
}

/// What is done to a file at a byte.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Flip,
    Zero,
    Cut,
    Repeat(usize),
}

const HARMS: [Harm; 6] =
    [Harm::Flip, Harm::Zero, Harm::Cut, Harm::Repeat(1), Harm::Repeat(8), Harm::Repeat(64)];

impl Harm {
    fn apply(self, bytes: &[u8], at: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Flip => bytes[at] ^= 1 << (at % 8),
            Self::Zero => bytes[at] = 0,
            Self::Cut => bytes.truncate(at),
            Self::Repeat(count) => {
                let again = bytes[at..bytes.len().min(at + count)].to_vec();
                bytes.splice(at..at, again);
            }
        }
        bytes
    }
}

/// What became of a harmed log.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Whole,
    WithoutTheLastWrite,
    Refused(Damage),
}

impl Sample {
    fn harmed(&self, harm: Harm, file: usize, at: usize) -> ForgetfulDisk {
        let disk = ForgetfulDisk::new("/log/snapshots");
        for (i, (path, bytes)) in self.files.iter().enumerate() {
            if i == file {
                disk.put(path, &harm.apply(bytes, at));
            } else {
                disk.put(path, bytes);
            }
        }
        disk
    }

    fn check_restored(&self, restored: &Restored) -> Outcome {
        let from = restored.snapshot.as_ref().map_or(0, |s| s.0 as usize);
        if let Some((_, state)) = &restored.snapshot {
            assert_eq!(*state, snapshot_of(&self.history[..from]), "a wrong snapshot was restored");
        }
        let to = restored.next() as usize;
        let batches: Vec<_> = restored.batches.iter().map(|b| b.1.clone()).collect();
        assert_eq!(batches, self.history[from..to], "wrong batches were restored");
        match self.history.len() - to {
            0 => Outcome::Whole,
            1 => Outcome::WithoutTheLastWrite,
            lost => panic!("{lost} batches are lost without a word"),
        }
    }

    /// What a reader sees, and then what an owner does.
    fn look(&self, disk: &ForgetfulDisk) -> [Outcome; 2] {
        let mut restored = Restored::default();
        let read = EmbeddedLog::read(Arc::new(disk.clone()), "/log", &mut |entry| {
            restored.take(entry).map_err(Into::into)
        });
        let read = match read {
            Ok(_) => self.check_restored(&restored),
            Err(RestoreError::Damaged(damage)) => Outcome::Refused(damage),
            Err(other) => panic!("a reader failed for another reason: {other}"),
        };
        let mut log = open(disk);
        let owned = match log.acquire() {
            Ok(_) => match restore(&mut log) {
                Ok(restored) => {
                    let outcome = self.check_restored(&restored);
                    commit(&mut log, &[b"and on".to_vec()]);
                    outcome
                }
                Err(RestoreError::Damaged(damage)) => Outcome::Refused(damage),
                Err(other) => panic!("a restore failed for another reason: {other}"),
            },
            Err(AcquireError::Damaged(damage)) => Outcome::Refused(damage),
            Err(other) => panic!("acquiring failed for another reason: {other}"),
        };
        [read, owned]
    }
}

#[test]
fn damage_at_any_byte_is_harmless_or_named() {
    let sample = sample();
    let (mut whole, mut without_last, mut refused) = (0, 0, 0);
    for (file, (path, bytes)) in sample.files.iter().enumerate() {
        for at in 0..bytes.len() {
            // Each byte is harmed in one way, every seventh in all of them.
            let one = (at + file) % HARMS.len();
            for harm in if at % 7 == 0 { &HARMS[..] } else { &HARMS[one..=one] } {
                let disk = sample.harmed(*harm, file, at);
                for outcome in sample.look(&disk) {
                    let place = format!("{harm:?} at byte {at} of {}", path.display());
                    match outcome {
                        Outcome::Whole => whole += 1,
                        Outcome::WithoutTheLastWrite => {
                            let (last, from) = &sample.last_write;
                            assert!(
                                path == last && at >= *from,
                                "{place} lost the last write, at {from} of {}",
                                last.display()
                            );
                            without_last += 1;
                        }
                        Outcome::Refused(damage) => {
                            assert!(damage.file == *path || next_to(&damage.file, path), "{place}: {damage}");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    println!("whole {whole}, without the last write {without_last}, refused {refused}");
    assert!(whole > 1000 && without_last > 20 && refused > 1000);
}

/// Whether the files are segments one after the other: where one ends too early, the place is in the one before.
fn next_to(named: &Path, harmed: &Path) -> bool {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix("segment-")?.parse::<u64>().ok();
    number(named).zip(number(harmed)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
}

#[test]
fn a_missing_file_is_named() {
    let sample = sample();
    let mut refused = Vec::new();
    for (file, (path, _)) in sample.files.iter().enumerate() {
        let disk = ForgetfulDisk::new("/log/snapshots");
        for (_, (path, bytes)) in sample.files.iter().enumerate().filter(|(i, _)| *i != file) {
            disk.put(path, bytes);
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for outcome in sample.look(&disk) {
            match outcome {
                Outcome::Refused(damage) => {
                    assert_eq!(damage.file, *path, "{damage}");
                    refused.push(name.clone());
                }
                Outcome::Whole => {}
                Outcome::WithoutTheLastWrite => panic!("without {name} the last write is lost"),
            }
        }
    }
    refused.dedup();
    let needed = |name: &&String| name.starts_with("segment-") || *name == "epoch";
    assert!(refused.iter().filter(needed).count() >= 3, "the epoch and the segments are needed: {refused:?}");
}
