//! A real process on a real disk, killed with SIGKILL again and again: all that it called durable is there.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use dyeline::log::{EmbeddedLog, Entry};
use dyeline_processors::disk::os_disk;
use dyeline_tests::{disk::Random, log_numbered::numbered};

/// How often the writer is killed.
const KILLS: u64 = 30;

/// Starts a writer, kills it after it has said this many things, and returns what it found and what it left.
fn live_and_die(folder: &Path, seed: u64, lines: u64) -> (u64, u64) {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_log-writer"))
        .arg(folder)
        .arg(seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut found, mut durable, mut said) = (None, None, 0);
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split_once(' ') {
            Some(("start", n)) => found = Some(n.parse().unwrap()),
            Some(("durable", n)) => {
                let n: u64 = n.parse().unwrap();
                assert_eq!(n, durable.or(found).unwrap(), "in order, from where it had begun");
                durable = Some(n + 1);
            }
            _ => panic!("seed {seed}: the writer said {line:?}"),
        }
        said += 1;
        if said == lines {
            writer.kill().unwrap();
        }
    }
    let status = writer.wait().unwrap();
    assert_eq!(status.code(), None, "seed {seed}: the writer ended by itself");
    let found = found.unwrap();
    (found, durable.unwrap_or(found))
}

#[test]
fn what_was_called_durable_is_there_after_every_kill() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("data/log");
    let mut durable = 0;
    for seed in 0..KILLS {
        let lines = 1 + Random::new(seed).below(400);
        let (found, left) = live_and_die(&log, seed, lines);
        assert!(found >= durable, "seed {seed}: {durable} batches were durable, {found} were found");
        durable = left;
    }
    let mut next = None;
    let end = EmbeddedLog::read(os_disk(), &log, &mut |entry| {
        let (Entry::Snapshot(at, bytes) | Entry::Batch(at, bytes)) = entry;
        assert!(next.is_none_or(|n| n == at.0));
        assert_eq!(bytes, numbered(at.0));
        next = Some(if matches!(entry, Entry::Snapshot(..)) { at.0 } else { at.0 + 1 });
        Ok(())
    });
    let end = end.unwrap().0;
    assert!(end >= durable && durable > 20 * KILLS, "{durable} were durable, {end} were found");
}
