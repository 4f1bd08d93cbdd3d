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

/// The longest wait before a snapshot that could not be made (a full disk, say) is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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
    let maker = Maker { store, tail, unfinished: None, partition, every, logged: Arc::clone(&logged), ended };
    let thread = std::thread::Builder::new().name("snapshots".into()).spawn(move || maker.run());
    let thread = thread.map_err(|e| told(&e)).ok()?;
    Some(Snapshots { logged, ending, thread })
}

struct Maker {
    store: Arc<dyn SnapshotStore>,
    /// Stands at the newest snapshot, and moves only while the next one is made.
    tail: Box<dyn Tail>,
    /// The state where the tail stands, if the last try did not come to its end.
    unfinished: Option<State>,
    partition: u16,
    every: u64,
    logged: Arc<AtomicU64>,
    ended: Receiver<()>,
}

/// Why there is no snapshot.
enum Trouble {
    /// Perhaps there can be one later.
    ForNow(Box<dyn std::error::Error>),
    /// The log does not read: no later try would end otherwise.
    ForGood(Box<dyn std::error::Error>),
}

fn for_now(error: impl std::error::Error + 'static) -> Trouble {
    Trouble::ForNow(error.into())
}

fn for_good(error: impl std::error::Error + 'static) -> Trouble {
    Trouble::ForGood(error.into())
}

impl Maker {
    fn run(mut self) {
        let (mut made_at, mut pause) = (0, LOOK_EVERY);
        while !self.is_ended(pause) {
            let logged = self.logged.load(Ordering::Relaxed);
            if logged - made_at < self.every {
                continue;
            }
            pause = match self.make() {
                Ok(()) => {
                    made_at = logged;
                    LOOK_EVERY
                }
                Err(Trouble::ForNow(error)) => {
                    tracing::warn!(%error, "a snapshot was not made and will be tried again; until then the log only grows");
                    (pause * 2).min(LONGEST_PAUSE)
                }
                Err(Trouble::ForGood(error)) => {
                    tracing::error!(%error, "no more snapshots are made; the log keeps what they would have replaced");
                    return;
                }
            };
        }
    }

    fn is_ended(&self, wait: Duration) -> bool {
        !matches!(self.ended.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
    }

    /// Builds the second state from the newest snapshot and the log since, and keeps it as the next snapshot. The
    /// state lives only as long as this takes.
    fn make(&mut self) -> Result<(), Trouble> {
        let mut state = match self.unfinished.take() {
            Some(state) => state,
            None => match self.store.newest().map_err(for_now)? {
                Some((_, bytes)) => State::read_snapshot(&bytes).map_err(for_good)?,
                None => State::new(self.partition),
            },
        };
        let made =
            self.follow(&mut state).and_then(|caught_up| if caught_up { self.keep(&state) } else { Ok(()) });
        if let Err(Trouble::ForNow(_)) = made {
            self.unfinished = Some(state);
        }
        made
    }

    /// Replays what is in the log; `false` if it is to end before.
    fn follow(&mut self, state: &mut State) -> Result<bool, Trouble> {
        let mut batch = Vec::new();
        loop {
            for _ in 0..BATCHES_A_LOOK {
                if self.tail.next(&mut batch, Duration::ZERO).map_err(for_now)?.is_none() {
                    return Ok(true);
                }
                state.replay(&batch).map_err(for_good)?;
            }
            if self.is_ended(Duration::ZERO) {
                return Ok(false);
            }
        }
    }

    fn keep(&self, state: &State) -> Result<(), Trouble> {
        let mut bytes = Vec::new();
        state.write_snapshot(&mut |part| bytes.extend_from_slice(part));
        self.store.install(self.tail.position(), &bytes).map_err(for_now)?;
        self.store.trim(self.tail.position()).map_err(for_now)?;
        Ok(())
    }
}
