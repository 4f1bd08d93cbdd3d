//! Logs that earlier versions wrote are read by this one.
//!
//! `tests/fixtures/log-v1` was written by format version 1 and is never written again. A new format gets a folder of its
//! own, made with `cargo run -p dyeline-tests --bin log-fixture -- tests/fixtures/log-vN`.
#![expect(clippy::unwrap_used, reason = "what a test has built itself does not fail otherwise")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use dyeline::log::{AcquireError, EmbeddedLog, PartitionLog};
use dyeline_tests::{
    disk::ForgetfulDisk,
    log_conformance::{Restored, commit, restore},
    log_fixture::{OPTIONS, batch, expected},
};

/// The newest format; the fixtures go up to it.
const NEWEST: u32 = 1;

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/log-v{version}"))
}

/// The files of a fixture on a disk in memory.
fn loaded(version: u32, change: impl Fn(&Path, &mut Vec<u8>)) -> ForgetfulDisk {
    let disk = ForgetfulDisk::new("/log/snapshots");
    for folder in ["", "snapshots"] {
        for entry in fs::read_dir(fixture(version).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let mut bytes = fs::read(&path).unwrap();
                change(&path, &mut bytes);
                disk.put(Path::new("/log").join(folder).join(path.file_name().unwrap()), &bytes);
            }
        }
    }
    disk
}

#[test]
fn each_version_is_read_back_and_goes_on() {
    for version in 1..=NEWEST {
        let disk = loaded(version, |_, _| {});
        let mut seen = Restored::default();
        EmbeddedLog::read(Arc::new(disk.clone()), "/log", &mut |e| seen.take(e).map_err(Into::into)).unwrap();
        assert_eq!(seen, expected());

        let mut log = EmbeddedLog::new(Arc::new(disk.clone()), "/log", OPTIONS);
        let acquired = log.acquire().unwrap();
        assert_eq!((acquired.epoch.0, acquired.next.0, acquired.warnings.len()), (3, 60, 0));
        assert_eq!(restore(&mut log).unwrap(), expected());
        assert_eq!(commit(&mut log, &[batch(60)]), [60]);
    }
}

#[test]
fn a_snapshot_that_is_damaged_gives_way_to_the_one_before() {
    let disk = loaded(1, |path, bytes| {
        if path.ends_with("snapshot-00000000000000000045") {
            bytes[60] ^= 1;
        }
    });
    let mut log = EmbeddedLog::new(Arc::new(disk), "/log", OPTIONS);
    let warnings = log.acquire().unwrap().warnings;
    let text = warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let expected = "passed over snapshot /log/snapshots/snapshot-00000000000000000045: it is damaged at byte 48: the \
                    checksum of the state does not match; restored from an older one";
    assert_eq!(text, expected);
    let restored = restore(&mut log).unwrap();
    assert_eq!(restored.snapshot, Some((25, b"the state before batch 25".to_vec())));
    assert_eq!(restored.batches, (25..60).map(|i| (i, batch(i))).collect::<Vec<_>>());
}

#[test]
fn a_newer_version_is_not_guessed_at() {
    let disk = loaded(1, |path, bytes| {
        if path.ends_with("epoch") {
            bytes[8] = 99;
            let crc = crc32c::crc32c(&bytes[..36]).to_le_bytes();
            bytes[36..40].copy_from_slice(&crc);
        }
    });
    match EmbeddedLog::new(Arc::new(disk), "/log", OPTIONS).acquire() {
        Err(error @ AcquireError::Version(_)) => assert_eq!(
            error.to_string(),
            "/log/epoch has format version 99, this program knows versions up to 1; use a newer one"
        ),
        other => panic!("a newer version was taken for {other:?}"),
    }
}
