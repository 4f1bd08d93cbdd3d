//! A workload for the embedded log on the forgetful disk, with crashes, and what must hold after each of them.
//!
//! It remembers what it submitted and what was acknowledged, and compares after each start. A loss is a value, not a
//! panic, so that a test can ask for one.

use std::{sync::Arc, time::Duration};

use crate::disk::{Call, Failure, Fault, ForgetfulDisk, Random};
use dyeline::log::{
    AcquireError, Batch, EmbeddedLog, EmbeddedOptions, Entry, PartitionLog, Position, SnapshotStore,
};
use dyeline_processors::disk::SyncPoint;

/// How long a result may take on a disk in memory.
const LIMIT: Duration = Duration::from_secs(20);

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run {
    /// Losses of power, and kills.
    pub crashes: u64,
    /// Batches that came back, over all starts.
    pub restored: u64,
    /// Whether the power was cut before the first round was over.
    pub first_round_was_cut: bool,
}

/// A seeded life of one log: rounds of acquiring, restoring, committing, snapshots and trims, each ended by a crash.
#[derive(Debug)]
pub struct Workload {
    seed: u64,
    random: Random,
    disk: ForgetfulDisk,
    rounds: u64,
    first_cut: Option<u64>,
    /// Every batch of the log so far, as far as is known.
    history: Vec<Vec<u8>>,
    /// How many of them were acknowledged.
    acknowledged: usize,
    /// Submitted after `history`, outcome unknown.
    doubtful: Vec<Vec<u8>>,
    epoch: u64,
    run: Run,
}

type Outcome<T> = Result<T, String>;

impl Workload {
    /// The life drawn by a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            random: Random::new(seed),
            disk: ForgetfulDisk::new("/"),
            rounds: 5,
            first_cut: None,
            history: Vec::new(),
            acknowledged: 0,
            doubtful: Vec::new(),
            epoch: 0,
            run: Run::default(),
        }
    }

    /// Cuts the power in the first round after this many calls that change something.
    pub fn cut_first_round_after(mut self, calls: u64) -> Self {
        self.first_cut = Some(calls);
        self
    }

    /// Lets the syncs of a point do nothing.
    pub fn without(self, points: &[SyncPoint]) -> Self {
        self.disk.take_out(points);
        self
    }

    /// The disk it runs on.
    pub fn disk(&self) -> ForgetfulDisk {
        self.disk.clone()
    }

    /// Lives it.
    ///
    /// # Errors
    /// What was lost or broken.
    pub fn run(mut self) -> Outcome<Run> {
        for round in 0..self.rounds {
            self.plan_trouble(round);
            let ended = self.round();
            self.crash(ended, round)?;
        }
        // A last look without trouble.
        let mut log = self.open();
        self.start(&mut log)?
            .map_err(|error| format!("the log cannot be opened after the last crash: {error}"))?;
        Ok(self.run)
    }

    fn open(&self) -> EmbeddedLog {
        let options = EmbeddedOptions {
            segment_bytes: 8192,
            first_segment_bytes: 4096,
            spare_segments: 2,
            prepare: self.seed % 4 == 3,
        };
        EmbeddedLog::new(Arc::new(self.disk.clone()), "/data/log", options)
    }

    /// Something that ends the round early, in most rounds.
    fn plan_trouble(&mut self, round: u64) {
        if let (0, Some(calls)) = (round, self.first_cut) {
            self.disk.cut_power_after(calls);
            return;
        }
        match self.random.below(4) {
            0 => {}
            1 => {
                let point = match self.random.below(4) {
                    0 | 1 => SyncPoint::LogBatch,
                    2 => SyncPoint::LogSegment,
                    _ => SyncPoint::LogRoll,
                };
                let after = self.random.below(60);
                self.disk.inject(Fault { call: Call::Sync(point), after, how: Failure::InputOutput });
            }
            _ => {
                let calls = self.random.below(250);
                self.disk.cut_power_after(calls);
            }
        }
    }

    /// One start and what follows; the inner error is the disk's, the outer one a loss.
    fn round(&mut self) -> Outcome<Result<(), String>> {
        let mut log = self.open();
        if let Err(error) = self.start(&mut log)? {
            return Ok(Err(error));
        }
        let snapshots = log.snapshots();
        for _ in 0..self.random.below(40) {
            let group = 1 + self.random.below(6);
            if let Err(error) = self.commit(&mut log, group) {
                return Ok(Err(error));
            }
            if self.random.chance(12)
                && let Err(error) = self.keep(&*snapshots)
            {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// Acquires and restores, and compares with what is known.
    fn start(&mut self, log: &mut EmbeddedLog) -> Outcome<Result<(), String>> {
        let acquired = match log.acquire() {
            Ok(acquired) => acquired,
            Err(AcquireError::Damaged(damage)) => return Err(format!("took a crash for damage: {damage}")),
            Err(other) => return Ok(Err(other.to_string())),
        };
        if acquired.epoch.0 <= self.epoch {
            return Err(format!("epoch {} after epoch {}", acquired.epoch.0, self.epoch));
        }
        self.epoch = acquired.epoch.0;
        let mut snapshot = None;
        let mut batches = Vec::new();
        let restored = log.restore(&mut |entry| {
            match entry {
                Entry::Snapshot(at, state) => snapshot = Some((at, state.to_vec())),
                Entry::Batch(_, bytes) => batches.push(bytes.to_vec()),
            }
            Ok(())
        });
        match restored {
            Ok(_) => {}
            Err(dyeline::log::RestoreError::Damaged(damage)) => {
                return Err(format!("took a crash for damage: {damage}"));
            }
            Err(other) => return Ok(Err(other.to_string())),
        }
        self.compare(snapshot, batches)?;
        if log_next(acquired.next) != self.history.len() {
            return Err(format!("the next position is {}, not {}", acquired.next.0, self.history.len()));
        }
        Ok(Ok(()))
    }

    /// What came back is what was known to be there, then a beginning of what was doubtful. It is known from now on.
    fn compare(&mut self, snapshot: Option<(Position, Vec<u8>)>, batches: Vec<Vec<u8>>) -> Outcome<()> {
        let from = snapshot.as_ref().map_or(0, |s| log_next(s.0));
        let known: Vec<Vec<u8>> = self.history.iter().chain(&self.doubtful).cloned().collect();
        if let Some((at, state)) = &snapshot
            && (from > known.len() || *state != fold(&known[..from]))
        {
            return Err(format!("the snapshot at {} is not the state there", at.0));
        }
        let to = from + batches.len();
        if to > known.len() || batches != known[from..to] {
            return Err(format!("batches {from}..{to} are not those submitted"));
        }
        if to < self.acknowledged {
            return Err(format!("{} batches were acknowledged, {to} came back", self.acknowledged));
        }
        self.run.restored += batches.len() as u64;
        self.history = known[..to].to_vec();
        self.acknowledged = to;
        self.doubtful.clear();
        Ok(())
    }

    fn commit(&mut self, log: &mut EmbeddedLog, count: u64) -> Result<(), String> {
        for _ in 0..count {
            let len = match self.random.below(20) {
                0 => 9000,
                1..4 => 700,
                _ => 40,
            };
            let number = self.history.len() + self.doubtful.len();
            let mut bytes = format!("{number}/{}/", self.random.draw()).into_bytes();
            bytes.resize(bytes.len() + self.random.below(len) as usize, number as u8);
            self.doubtful.push(bytes.clone());
            log.submit(Batch { bytes });
        }
        for _ in 0..count {
            let completed = log.completed(LIMIT).ok_or("no result came")?;
            match completed.result {
                Ok(_) => {
                    let durable = self.doubtful.remove(0);
                    self.history.push(durable);
                    self.acknowledged = self.history.len();
                }
                Err(refused) => return Err(refused.error.to_string()),
            }
        }
        Ok(())
    }

    /// A snapshot of what is acknowledged, and a trim of what it makes superfluous.
    fn keep(&mut self, snapshots: &dyn SnapshotStore) -> Result<(), String> {
        let at = Position(self.history.len() as u64);
        snapshots.install(at, &fold(&self.history)).map_err(|e| e.to_string())?;
        snapshots.trim(at).map_err(|e| e.to_string())?;
        Ok(())
    }

    /// Ends a round: mostly by a loss of power, sometimes by a kill, sometimes by both with a start in between.
    fn crash(&mut self, ended: Outcome<Result<(), String>>, round: u64) -> Outcome<()> {
        let failed = ended?.is_err();
        if round == 0 {
            self.run.first_round_was_cut = failed && self.first_cut.is_some();
        }
        if self.random.chance(40) {
            // A process that is killed leaves its writes behind unsynced; the next one acts on them, then the power goes.
            self.disk.kill();
            self.run.crashes += 1;
            let mut log = self.open();
            if let Err(error) = self.start(&mut log)? {
                return Err(format!("the log cannot be opened after a kill: {error}"));
            }
        }
        self.disk.crash(self.random.draw());
        self.run.crashes += 1;
        Ok(())
    }
}

fn log_next(position: Position) -> usize {
    position.0 as usize
}

/// A state that depends on every batch.
fn fold(batches: &[Vec<u8>]) -> Vec<u8> {
    let mut state = format!("{} batches", batches.len()).into_bytes();
    for batch in batches {
        state.extend_from_slice(&(batch.len() as u32).to_le_bytes());
        state.extend_from_slice(&batch[..batch.len().min(20)]);
    }
    state
}
