//! What is durable: replay, snapshots, damage, and files written by earlier versions.

use std::path::{Path, PathBuf};

use crate::scene::{JOB, REQUEST, Scene, all, progress, set, stage, task};
use dyeline_engine::{
    Class, Command, PauseJob, Place, PolicyChange, ReplayError, SetPolicy, SnapshotError, State,
    plan::{Plan, Role, ShardSource, Source},
};

/// A job in the middle of its life: tasks in every phase, checkpoints, artifacts, retries, notes, a changed policy.
fn eventful() -> Scene {
    let mut plan = Plan {
        stages: vec![
            stage(0, Role::Splitter, ShardSource::Fixed(1), Source::Nothing),
            stage(1, Role::Loader, ShardSource::Split(0), Source::Shard),
            stage(2, Role::Reducer, ShardSource::Fixed(2), all(1, 500_000)),
            stage(3, Role::Sink, ShardSource::Fixed(1), Source::Parts(2, 1)),
        ],
    };
    set(&mut plan, |p| p.cost = Some(700));
    let mut s = Scene::new(plan, 5);
    s.split(task(0, 0), 5);
    s.checkpoint_of(task(1, 0), 1);
    s.checkpoint_of(task(1, 0), 2);
    s.complete(task(1, 1));
    s.fail(task(1, 2), Class::Retryable, Some(Place { row: 4, node: 1, index: 2 }));
    s.fail(task(1, 3), Class::Fatal, None);
    s.act(Command::SetPolicy(SetPolicy {
        request: REQUEST,
        job: JOB,
        change: PolicyChange::JobConcurrency(Some(4)),
    }));
    s.act(Command::NoteHistory(dyeline_engine::NoteHistory {
        request: None,
        job: JOB,
        text: "gone on".to_owned(),
    }));
    s.act(Command::PauseJob(PauseJob { request: None, job: JOB, reason: "disk full".to_owned() }));
    s
}

trait CheckpointOf {
    fn checkpoint_of(&mut self, id: dyeline_engine::TaskId, seq: u64);
}

impl CheckpointOf for Scene {
    /// A checkpoint that counts at the node of its stage.
    fn checkpoint_of(&mut self, id: dyeline_engine::TaskId, seq: u64) {
        let mut progress = progress(seq);
        progress.counts[0].node = id.stage;
        let fence = self.fence(id);
        let report = dyeline_engine::ReportCheckpoint { request: REQUEST, task: id, fence, progress };
        assert!(self.act(Command::ReportCheckpoint(report)).ends_with("ok"));
    }
}

fn snapshot(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.write_snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    bytes
}

#[test]
fn every_prefix_of_the_log_replays_and_a_snapshot_reads_back() {
    let s = eventful();
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

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// Writes what the test below reads. Run once for each version of the format, by hand:
/// `cargo test -p dyeline-engine --test engine write_fixtures -- --ignored`.
#[test]
#[ignore = "writes the fixtures of this version; those that exist stay as they are"]
fn write_fixtures() {
    let s = eventful();
    std::fs::create_dir_all(fixtures()).unwrap();
    let mut log = Vec::new();
    for batch in &s.log {
        log.extend((batch.len() as u32).to_le_bytes());
        log.extend(batch);
    }
    std::fs::write(fixtures().join("log.bin"), log).unwrap();
    std::fs::write(fixtures().join("snapshot.bin"), snapshot(s.engine.state())).unwrap();
}

#[test]
fn what_version_1_wrote_is_read() {
    let log = std::fs::read(fixtures().join("log.bin")).unwrap();
    let mut rest = log.as_slice();
    let mut state = State::new(0);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (batch, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        state.replay(batch).unwrap();
        rest = after;
    }
    let read = State::read_snapshot(&std::fs::read(fixtures().join("snapshot.bin")).unwrap()).unwrap();
    assert_eq!(read.digest(), state.digest());
    let job = read.job(JOB).unwrap();
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
