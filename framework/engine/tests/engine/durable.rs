//! What is durable: replay, snapshots, damage, and files written by earlier versions.

use std::path::Path;

use crate::{
    eventful::{FIRST, SECOND, eventful, rebuilt},
    scene::{JOB, task},
};
use dyeline_engine::{Rebuilt, ReplayError, SnapshotError, State};

fn snapshot(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.write_snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    bytes
}

#[test]
fn every_prefix_of_the_log_replays_and_a_snapshot_reads_back() {
    for s in [eventful(), rebuilt()] {
        let mut state = State::new(0);
        for batch in &s.log {
            state.replay(batch).unwrap();
            let copy = State::read_snapshot(&snapshot(&state)).unwrap();
            assert_eq!(copy.digest(), state.digest());
            dyeline_engine::invariant::check(&copy).unwrap();
        }
        assert_eq!(state.digest(), s.engine.state().digest());
        assert_ne!(State::new(0).digest(), state.digest());
    }
}

#[test]
fn a_damaged_snapshot_is_never_taken_for_a_state() {
    let bytes = snapshot(eventful().engine.state());
    for at in 0..bytes.len() {
        for mask in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= mask;
            assert!(State::read_snapshot(&damaged).is_err(), "byte {at} ^ {mask}");
        }
        assert!(State::read_snapshot(&bytes[..at]).is_err(), "cut at {at}");
    }
    let repeated = [bytes.as_slice(), &bytes].concat();
    assert_eq!(State::read_snapshot(&repeated).map(|_| ()), Err(SnapshotError::Digest));
    assert_eq!(State::read_snapshot(b"").map(|_| ()), Err(SnapshotError::NotASnapshot));
}

/// The log guards its bytes by checksums; whatever passes it all the same must not end the process.
#[test]
fn a_damaged_batch_is_an_error_or_another_state_and_never_a_panic() {
    let s = eventful();
    let mut state = State::new(0);
    let (mut refused, mut taken) = (0, 0);
    for batch in &s.log {
        let before = snapshot(&state);
        for at in 0..batch.len() {
            for mask in [1, 0x10, 0xff] {
                let mut damaged = batch.clone();
                damaged[at] ^= mask;
                let mut copy = State::read_snapshot(&before).unwrap();
                match copy.replay(&damaged) {
                    Ok(()) => taken += 1,
                    Err(ReplayError::Decode(_) | ReplayError::Evolve(_)) => refused += 1,
                }
            }
            let mut copy = State::read_snapshot(&before).unwrap();
            match copy.replay(&batch[..at]) {
                Ok(()) => taken += 1,
                Err(ReplayError::Decode(_) | ReplayError::Evolve(_)) => refused += 1,
            }
        }
        state.replay(batch).unwrap();
    }
    assert!(refused > 500 && taken > 0, "{refused} refused, {taken} taken");
}

/// What an earlier program wrote, once from its log and once from its snapshot: `cargo run -p dyeline-tests --bin
/// engine-fixture` wrote it.
#[expect(clippy::unwrap_used, reason = "a fixture that cannot be read is what the test is to tell")]
fn written(name: &str) -> [State; 2] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let log = std::fs::read(folder.join("log.bin")).unwrap();
    let mut rest = log.as_slice();
    let mut state = State::new(0);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (batch, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        state.replay(batch).unwrap();
        rest = after;
    }
    [state, State::read_snapshot(&std::fs::read(folder.join("snapshot.bin")).unwrap()).unwrap()]
}

#[test]
fn what_version_1_wrote_is_read() {
    let [state, read] = written("v1");
    assert_eq!(read.digest(), state.digest());
    let job = read.job(JOB).unwrap();
    assert_eq!((job.build(), job.notes()[0].rebuilt), (None, None), "builds were not noted then");
    assert_eq!((job.phase().to_string().as_str(), job.pause_reason()), ("paused", Some("disk full")));
    assert_eq!(
        (job.concurrency(), job.notes()[0].text.as_str(), job.failures().len()),
        (Some(4), "gone on", 2)
    );
    let loaded: Vec<_> = job.tasks(1).map(|t| t.phase().to_string()).collect();
    assert_eq!(loaded, ["leased", "succeeded", "backoff", "failed", "ready"]);
    let first = read.task(task(1, 0)).unwrap();
    assert_eq!((first.checkpoint_seq(), first.artifacts().len()), (2, 2));
    assert_eq!(job.totals()[1].read, 6);
}

#[test]
fn builds_are_read_and_the_job_of_an_earlier_program_gets_its_first() {
    let [state, read] = written("v1-builds");
    assert_eq!(read.digest(), state.digest());
    let job = read.job(JOB).unwrap();
    assert_eq!(job.build(), Some(SECOND));
    let changes: Vec<_> = job.notes().iter().map(|n| n.rebuilt).collect();
    assert_eq!(changes, [Some(Rebuilt { from: Some(FIRST), to: SECOND })]);
}
