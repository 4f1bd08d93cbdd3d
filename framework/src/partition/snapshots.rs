//! Makes snapshots from a second state that replays the sealed log, so that dispatch never waits for one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use dyeline_engine::State;

use crate::log::{PartitionLog, Position, SnapshotStore, Tail};

/// Bytes of log after which the next snapshot is made: what a restart replays at most, about a second's worth.
pub const SNAPSHOT_EVERY: u64 = 64 << 20;

/// How often the thread looks how much log there is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Batches replayed between two looks at whether to end.
const BATCHES_A_LOOK: usize = 256;

/// The thread that makes snapshots.
pub(super) struct Snapshots {
    logged: Arc<AtomicU64>,
    ending: Sender<()>,
    thread: JoinHandle<()>,
}

impl Snapshots {
    /// Where the owner counts the bytes that have become durable.
    pub fn logged(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.logged)
    }

    /// Ends the thread; a snapshot under way is given up at its next step.
    pub fn end(self) {
        drop(self.ending);
        // A panic was reported by its hook; the log is whole without the snapshot.
        let _ = self.thread.join();
    }
}

/// Starts the thread. Without it the log only grows, so a failure to start is told and survived.
pub(super) fn start(log: &dyn PartitionLog, partition: u16, every: u64) -> Option<Snapshots> {
    let told = |error: &dyn std::fmt::Display| tracing::warn!(%error, "no snapshots will be made");
    let store = log.snapshots();
    let newest = store.newest().map_err(|e| told(&e)).ok()?;
    let from = newest.map_or(Position(0), |(at, _)| at);
    let tail = log.tail(from).map_err(|e| told(&e)).ok()?;
    let logged = Arc::new(AtomicU64::new(0));
    let (ending, ended) = bounded(0);
    let maker = Maker { store, tail, partition, every, logged: Arc::clone(&logged), ended };
    let thread = std::thread::Builder::new().name("snapshots".into()).spawn(move || maker.run());
    let thread = thread.map_err(|e| told(&e)).ok()?;
    Some(Snapshots { logged, ending, thread })
}

struct Maker {
    store: Arc<dyn SnapshotStore>,
    /// Stands at the newest snapshot, and moves only while the next one is made.
    tail: Box<dyn Tail>,
    partition: u16,
    every: u64,
    logged: Arc<AtomicU64>,
    ended: Receiver<()>,
}

impl Maker {
    fn run(mut self) {
        let mut made_at = 0;
        while !self.is_ended(LOOK_EVERY) {
            let logged = self.logged.load(Ordering::Relaxed);
            if logged - made_at < self.every {
                continue;
            }
            made_at = logged;
            if let Err(error) = self.make() {
                tracing::warn!(%error, "a snapshot was not made; the log keeps what it would have replaced");
                return;
            }
        }
    }

    fn is_ended(&self, wait: Duration) -> bool {
        !matches!(self.ended.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
    }

    /// Builds the second state from the newest snapshot and the log since, and keeps it as the next snapshot. The
    /// state lives only as long as this takes.
    fn make(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let mut state = match self.store.newest()? {
            Some((_, bytes)) => State::read_snapshot(&bytes)?,
            None => State::new(self.partition),
        };
        let mut batch = Vec::new();
        'log: loop {
            for _ in 0..BATCHES_A_LOOK {
                if self.tail.next(&mut batch, Duration::ZERO)?.is_none() {
                    break 'log;
                }
                state.replay(&batch)?;
            }
            if self.is_ended(Duration::ZERO) {
                return Ok(());
            }
        }
        let mut bytes = Vec::new();
        state.write_snapshot(&mut |part| bytes.extend_from_slice(part));
        self.store.install(self.tail.position(), &bytes)?;
        self.store.trim(self.tail.position())?;
        Ok(())
    }
}
