//! The promises of `dyeline::log::PartitionLog`, as a suite that every implementation passes.
//!
//! An implementation brings a [`Bench`]: how to open one more handle to the same log, and how its owner dies.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite of checks: a promise that is not kept ends the test"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use dyeline::log::{
    AcquireError, Batch, CommitError, Completed, Entry, PartitionLog, Position, RestoreError, Retryable,
    SnapshotError, TailError,
};

/// The longest that a result may take before the suite says that it does not come.
const LIMIT: Duration = Duration::from_secs(30);

/// An implementation under test. Each check gets a new one, with an empty log.
pub trait Bench {
    /// One more handle to the log, not acquired.
    fn open(&mut self) -> Box<dyn PartitionLog>;
    /// The owner dies without a word: what it had not made durable may be lost, its handle is useless.
    fn kill(&mut self, owner: Box<dyn PartitionLog>);
}

/// A check of the suite.
pub type Check = fn(&mut dyn Bench);

/// All checks, named after the promise they hold the implementation to.
pub const CHECKS: &[(&str, Check)] = &[
    ("p1_one_owner_at_a_time", p1_one_owner_at_a_time),
    ("p1_epochs_only_grow", p1_epochs_only_grow),
    ("p2_results_come_in_the_order_of_submission", p2_results_come_in_the_order_of_submission),
    ("p3_a_committed_batch_is_restored", p3_a_committed_batch_is_restored),
    (
        "p3_a_committed_batch_survives_the_death_of_its_owner",
        p3_a_committed_batch_survives_the_death_of_its_owner,
    ),
    ("p4_batches_of_every_size_come_back_whole", p4_batches_of_every_size_come_back_whole),
    ("p5_what_follows_a_refused_batch_is_refused", p5_what_follows_a_refused_batch_is_refused),
    ("p6_submit_does_not_wait_and_the_owner_is_woken", p6_submit_does_not_wait_and_the_owner_is_woken),
    ("p7_a_restore_begins_with_the_newest_snapshot", p7_a_restore_begins_with_the_newest_snapshot),
    ("p7_snapshots_out_of_place_are_refused", p7_snapshots_out_of_place_are_refused),
    ("p8_a_tail_follows_from_another_thread", p8_a_tail_follows_from_another_thread),
    ("p8_a_tail_ends_with_its_owner", p8_a_tail_ends_with_its_owner),
    ("p9_trim_keeps_what_a_snapshot_needs", p9_trim_keeps_what_a_snapshot_needs),
    ("a_log_that_is_not_acquired_refuses", a_log_that_is_not_acquired_refuses),
    ("a_restore_stops_where_the_caller_says", a_restore_stops_where_the_caller_says),
];

/// Runs every check, each on a bench of its own.
///
/// # Panics
/// If a promise is not kept.
pub fn run<B: Bench>(mut bench: impl FnMut(&str) -> B) {
    for (name, check) in CHECKS {
        println!("conformance: {name}");
        check(&mut bench(name));
    }
}

/// What a restore handed back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The snapshot, if it began with one.
    pub snapshot: Option<(u64, Vec<u8>)>,
    /// The batches, with their positions.
    pub batches: Vec<(u64, Vec<u8>)>,
}

impl Restored {
    /// Takes an entry; fails if it does not follow the one before.
    pub fn take(&mut self, entry: Entry<'_>) -> Result<(), String> {
        match entry {
            Entry::Snapshot(at, state) if self.snapshot.is_none() && self.batches.is_empty() => {
                self.snapshot = Some((at.0, state.to_vec()));
                Ok(())
            }
            Entry::Snapshot(at, _) => Err(format!("a snapshot at {} after other entries", at.0)),
            Entry::Batch(at, bytes) => {
                if at.0 != self.next() {
                    return Err(format!("batch {} where {} was expected", at.0, self.next()));
                }
                self.batches.push((at.0, bytes.to_vec()));
                Ok(())
            }
        }
    }

    /// The position after the last entry.
    pub fn next(&self) -> u64 {
        let snapshot = self.snapshot.as_ref().map_or(0, |s| s.0);
        self.batches.last().map_or(snapshot, |b| b.0 + 1)
    }
}

/// Restores an acquired log and checks that entries come in order.
///
/// # Errors
/// As the restore.
pub fn restore(log: &mut dyn PartitionLog) -> Result<Restored, RestoreError> {
    let mut restored = Restored::default();
    let next = log.restore(&mut |entry| restored.take(entry).map_err(Into::into))?;
    assert_eq!(next.0, restored.next(), "the restore ends where its entries do");
    Ok(restored)
}

/// Waits for the next result.
///
/// # Panics
/// If none comes.
pub fn wait(log: &mut dyn PartitionLog) -> Completed {
    log.completed(LIMIT).expect("a result comes for each ticket")
}

/// Submits batches one after the other without waiting between them, and takes all results.
///
/// # Panics
/// If one is refused.
pub fn commit(log: &mut dyn PartitionLog, batches: &[Vec<u8>]) -> Vec<u64> {
    let tickets: Vec<_> = batches.iter().map(|bytes| log.submit(Batch { bytes: bytes.clone() })).collect();
    let positions = tickets.into_iter().map(|ticket| {
        let completed = wait(log);
        assert_eq!(completed.ticket, ticket);
        completed.result.unwrap_or_else(|r| panic!("batch was refused: {}", r.error)).0
    });
    positions.collect()
}

fn opened(bench: &mut dyn Bench) -> Box<dyn PartitionLog> {
    let mut log = bench.open();
    log.acquire().expect("the log can be acquired");
    log
}

fn reopened(bench: &mut dyn Bench, log: Box<dyn PartitionLog>) -> (Box<dyn PartitionLog>, Restored) {
    drop(log);
    let mut log = opened(bench);
    let restored = restore(&mut *log).expect("the log can be restored");
    (log, restored)
}

fn numbered(range: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    range.map(|i| format!("batch {i} {}", "x".repeat(i as usize % 90)).into_bytes()).collect()
}

fn placed(range: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
    range.clone().zip(numbered(range)).collect()
}

fn p1_one_owner_at_a_time(bench: &mut dyn Bench) {
    let mut first = opened(bench);
    commit(&mut *first, &numbered(0..3));
    let mut second = bench.open();
    match second.acquire() {
        Err(AcquireError::Held { .. }) => {
            assert_eq!(commit(&mut *first, &numbered(3..4)), [3], "the owner goes on");
        }
        Err(other) => panic!("a second owner was refused for another reason: {other}"),
        Ok(_) => {
            first.submit(Batch { bytes: b"late".to_vec() });
            let refused = wait(&mut *first).result.expect_err("the former owner is fenced");
            assert!(matches!(refused.error, CommitError::Fenced), "{}", refused.error);
            assert_eq!(refused.batch.bytes, b"late");
            let restored = restore(&mut *second).expect("the new owner restores");
            assert_eq!(restored.batches, placed(0..3));
        }
    }
}

fn p1_epochs_only_grow(bench: &mut dyn Bench) {
    let mut last = None;
    for round in 0..6 {
        let mut log = bench.open();
        let acquired = log.acquire().expect("the log can be acquired");
        assert!(last < Some(acquired.epoch), "epoch {:?} after {last:?}", acquired.epoch);
        last = Some(acquired.epoch);
        let again = log.acquire().expect("the owner can acquire again");
        assert!(last < Some(again.epoch), "acquiring again is a new epoch");
        last = Some(again.epoch);
        if round % 2 == 0 {
            bench.kill(log);
        }
    }
}

fn p2_results_come_in_the_order_of_submission(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    assert_eq!(commit(&mut *log, &numbered(0..500)), (0..500).collect::<Vec<_>>());
    assert_eq!(log.in_flight().batches, 0);
    assert!(log.completed(LIMIT).is_none(), "nothing is in flight, so nothing is waited for");
}

fn p3_a_committed_batch_is_restored(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    for round in 0..4 {
        let (from, to) = (round * 50, (round + 1) * 50);
        assert_eq!(commit(&mut *log, &numbered(from..to)), (from..to).collect::<Vec<_>>());
        let (again, restored) = reopened(bench, log);
        assert_eq!(restored.batches, placed(0..to));
        log = again;
    }
    let again = restore(&mut *log).expect("a restore can be repeated before the first batch");
    assert_eq!(again.batches, placed(0..200));
}

fn p3_a_committed_batch_survives_the_death_of_its_owner(bench: &mut dyn Bench) {
    let mut known = 0;
    for round in 0..8 {
        let mut log = opened(bench);
        let restored = restore(&mut *log).expect("the log can be restored").batches;
        assert!(
            restored.len() as u64 >= known,
            "{known} batches were committed, {} came back",
            restored.len()
        );
        known = restored.len() as u64;
        assert_eq!(restored, placed(0..known));
        commit(&mut *log, &numbered(known..known + 20));
        known += 20;
        for bytes in numbered(known..known + round) {
            log.submit(Batch { bytes });
        }
        bench.kill(log);
    }
}

fn p4_batches_of_every_size_come_back_whole(bench: &mut dyn Bench) {
    let sizes = [0, 1, 7, 8, 9, 511, 512, 513, 4096, 70_000, 300_000, 1_000_000, 0, 3];
    let batches: Vec<Vec<u8>> =
        sizes.iter().enumerate().map(|(i, size)| (0..*size).map(|at| (at * 7 + i) as u8).collect()).collect();
    let mut log = opened(bench);
    commit(&mut *log, &batches);
    let (_log, restored) = reopened(bench, log);
    assert!(restored.batches.iter().map(|b| &b.1).eq(&batches), "some batch has changed");
}

fn p5_what_follows_a_refused_batch_is_refused(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..3));
    log.submit(Batch { bytes: vec![0; dyeline::log::MAX_BATCH_BYTES + 1] });
    for bytes in numbered(4..8) {
        log.submit(Batch { bytes });
    }
    let first = wait(&mut *log).result.expect_err("the batch is too large");
    assert_eq!(first.error.retryable(), Retryable::Never);
    for bytes in numbered(4..8) {
        let refused = wait(&mut *log).result.expect_err("nothing slips in behind it");
        assert_eq!(refused.batch.bytes, bytes, "the batch comes back");
    }
    let (_log, restored) = reopened(bench, log);
    assert_eq!(restored.batches, placed(0..3));
}

fn p6_submit_does_not_wait_and_the_owner_is_woken(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    let woken = Arc::new(AtomicUsize::new(0));
    let owner = thread::current();
    let counter = Arc::clone(&woken);
    log.set_wake(Arc::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        owner.unpark();
    }));
    for bytes in numbered(0..100) {
        log.submit(Batch { bytes });
    }
    assert_eq!(log.in_flight().batches, 100);
    assert_eq!(log.in_flight().bytes, numbered(0..100).iter().map(Vec::len).sum::<usize>());
    let began = Instant::now();
    let mut taken = 0;
    while taken < 100 {
        assert!(began.elapsed() < LIMIT, "{taken} results came without waiting for them");
        match log.completed(Duration::ZERO) {
            Some(completed) => {
                completed.result.expect("the batch is committed");
                taken += 1;
            }
            None => thread::park_timeout(LIMIT),
        }
    }
    assert!(woken.load(Ordering::SeqCst) >= 1);
    assert_eq!(log.in_flight(), Default::default());
}

fn p7_a_restore_begins_with_the_newest_snapshot(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..30));
    log.install_snapshot(Position(10), b"ten").expect("a snapshot can be installed");
    log.install_snapshot(Position(20), &vec![7; 100_000]).expect("a second one too");
    log.install_snapshot(Position(30), b"").expect("at the end, and empty");
    let (mut log, restored) = reopened(bench, log);
    assert_eq!(restored, Restored { snapshot: Some((30, Vec::new())), batches: Vec::new() });
    assert_eq!(commit(&mut *log, &numbered(30..35)), (30..35).collect::<Vec<_>>());
    let (log, restored) = reopened(bench, log);
    assert_eq!(restored, Restored { snapshot: Some((30, Vec::new())), batches: placed(30..35) });
    assert_eq!(log.snapshots().newest().expect("it can be read"), Some((Position(30), Vec::new())));
}

fn p7_snapshots_out_of_place_are_refused(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..5));
    log.install_snapshot(Position(3), b"three").expect("a snapshot can be installed");
    for at in [2, 6] {
        let refused = log.install_snapshot(Position(at), b"?").expect_err("it is out of place");
        assert!(matches!(refused, SnapshotError::OutOfPlace { .. }), "{refused}");
    }
    let (_log, restored) = reopened(bench, log);
    assert_eq!(restored, Restored { snapshot: Some((3, b"three".to_vec())), batches: placed(3..5) });
}

fn p8_a_tail_follows_from_another_thread(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..10));
    for from in [0, 4] {
        let mut tail = log.tail(Position(from)).expect("the log reaches back");
        let base = if from == 0 { 10 } else { 210 };
        let reader = thread::spawn(move || {
            let (mut seen, mut batch) = (Vec::new(), Vec::new());
            while tail.position().0 < base + 200 {
                if let Some(position) = tail.next(&mut batch, LIMIT).expect("the log can be read") {
                    seen.push((position.0, batch.clone()));
                }
            }
            seen
        });
        for i in base..base + 200 {
            commit(&mut *log, &numbered(i..i + 1));
        }
        assert_eq!(reader.join().expect("the reader ends"), placed(from..base + 200));
    }
}

fn p8_a_tail_ends_with_its_owner(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..2));
    let mut tail = log.tail(Position(2)).expect("a tail at the end");
    let mut batch = Vec::new();
    assert_eq!(tail.next(&mut batch, Duration::ZERO).expect("nothing is there yet"), None);
    let reader = thread::spawn(move || tail.next(&mut batch, LIMIT));
    drop(log);
    let ended = reader.join().expect("the reader ends").expect_err("its owner is gone");
    assert!(matches!(ended, TailError::NotAcquired), "{ended}");
}

fn p9_trim_keeps_what_a_snapshot_needs(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..200));
    assert_eq!(
        log.trim(Position(200)).expect("nothing to trim"),
        Position(0),
        "without snapshots nothing goes"
    );
    log.install_snapshot(Position(150), b"150").expect("a snapshot can be installed");
    assert_eq!(log.trim(Position(200)).expect("nothing to trim"), Position(0), "nothing to fall back to yet");
    log.install_snapshot(Position(180), b"180").expect("a second one too");
    let trimmed = log.trim(Position(200)).expect("the log can be trimmed");
    assert!(
        trimmed <= Position(150),
        "the older snapshot needs what is above it, and {trimmed:?} was trimmed"
    );
    let mut tail = log.tail(Position(150)).expect("the log reaches back to the older snapshot");
    let mut batch = Vec::new();
    assert_eq!(tail.next(&mut batch, LIMIT).expect("it can be read"), Some(Position(150)));
    assert_eq!(batch, numbered(150..151)[0]);
    commit(&mut *log, &numbered(200..400));
    let (_log, restored) = reopened(bench, log);
    assert_eq!(restored, Restored { snapshot: Some((180, b"180".to_vec())), batches: placed(180..400) });
}

fn a_log_that_is_not_acquired_refuses(bench: &mut dyn Bench) {
    let mut log = bench.open();
    assert!(matches!(restore(&mut *log), Err(RestoreError::NotAcquired)));
    assert!(matches!(log.tail(Position(0)).err(), Some(TailError::NotAcquired)));
    assert!(matches!(log.install_snapshot(Position(0), b""), Err(SnapshotError::NotAcquired)));
    assert!(log.completed(LIMIT).is_none());
    let ticket = log.submit(Batch { bytes: b"early".to_vec() });
    let completed = wait(&mut *log);
    assert_eq!(completed.ticket, ticket);
    let refused = completed.result.expect_err("there is nowhere to write it");
    assert_eq!(refused.error.retryable(), Retryable::AfterAcquire);
    assert_eq!(refused.batch.bytes, b"early");
    log.acquire().expect("the log can be acquired");
    assert_eq!(commit(&mut *log, &numbered(0..1)), [0]);
    assert!(matches!(restore(&mut *log), Err(RestoreError::NotAcquired)), "too late for a restore");
}

fn a_restore_stops_where_the_caller_says(bench: &mut dyn Bench) {
    let mut log = opened(bench);
    commit(&mut *log, &numbered(0..10));
    drop(log);
    let mut log = opened(bench);
    let stopped = log.restore(&mut |entry| match entry {
        Entry::Batch(Position(4), _) => Err("not this one".into()),
        _ => Ok(()),
    });
    match stopped {
        Err(RestoreError::Apply { position, source }) => {
            assert_eq!((position, source.to_string().as_str()), (Position(4), "not this one"));
        }
        other => panic!("the restore ended with {other:?}"),
    }
}
