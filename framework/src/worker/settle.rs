//! Makes what a checkpoint closed durable, off the computing path, and only then reports it.
//!
//! ```text
//!   attempt ──closed files + report──▶ lane ──sync──▶ report ──▶ engine
//! ```
//! A lane keeps the order of what it was given, and an attempt uses one lane, so that its reports arrive in order.
//! After a file could not be synced, nothing of that attempt is reported any more but the failure.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::JoinHandle,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use dyeline_engine::Class;
use dyeline_processors::{
    Error,
    contract::{Closed, Stop, context::StopFlag},
};

use super::report::{Event, Report, Reports};

/// Checkpoints of one process that may wait to be synced: enough to keep the disks busy, few enough that a slow disk
/// slows the computing instead of filling memory.
const WAITING_PER_LANE: usize = 1024;

/// Checkpoints of one attempt that may wait to be synced; with more, the attempt waits.
const WAITING_PER_ATTEMPT: u32 = 2;

/// The threads that sync.
pub(crate) struct Settlers {
    lanes: Vec<Sender<Message>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    reports: Arc<dyn Reports>,
}

/// One attempt's way through its lane.
pub(crate) struct Settler {
    lane: Sender<Message>,
    reports: Arc<dyn Reports>,
    state: Arc<State>,
    stop: StopFlag,
}

/// What an attempt and its lane share.
#[derive(Default)]
struct State {
    waiting: AtomicU32,
    broken: AtomicBool,
}

enum Message {
    Settle(Box<Settle>),
    End,
}

/// Files to make durable, and what to report then.
struct Settle {
    closed: Vec<Closed>,
    report: Report,
    state: Arc<State>,
    stop: StopFlag,
}

impl Settlers {
    /// Starts `lanes` threads that report to `reports`.
    pub fn start(lanes: usize, reports: &Arc<dyn Reports>) -> io::Result<Self> {
        let (mut senders, mut threads) = (Vec::new(), Vec::new());
        for at in 0..lanes {
            let (sender, receiver) = bounded(WAITING_PER_LANE);
            let reports = Arc::clone(reports);
            let run = move || run_lane(&receiver, &*reports);
            threads.push(std::thread::Builder::new().name(format!("settle-{at}")).spawn(run)?);
            senders.push(sender);
        }
        Ok(Self { lanes: senders, threads: Mutex::new(threads), reports: Arc::clone(reports) })
    }

    /// The way for an attempt at a shard.
    pub fn lane(&self, shard: u32, stop: StopFlag) -> Settler {
        let lane = self.lanes[shard as usize % self.lanes.len()].clone();
        Settler { lane, reports: Arc::clone(&self.reports), state: Arc::default(), stop }
    }

    /// Ends the threads once all that was given to them is reported.
    pub fn finish(&self) {
        for lane in &self.lanes {
            // The receiver ends only here.
            let _ = lane.send(Message::End);
        }
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // A panic of a settler was reported by its hook; there is nothing left to do with it.
            let _ = thread.join();
        }
    }
}

impl Settler {
    /// Whether another checkpoint may be taken now; `false` while too many wait for the disk, or the log is full.
    pub fn has_room(&self) -> bool {
        self.state.waiting.load(Ordering::Acquire) < WAITING_PER_ATTEMPT && self.reports.takes_checkpoints()
    }

    /// Hands over what was closed, with the report to send once it is durable.
    pub fn settle(&self, closed: Vec<Closed>, report: Report) {
        if closed.is_empty() && self.state.waiting.load(Ordering::Acquire) == 0 {
            // Nothing to sync and nothing to wait for: no need for another thread.
            if !self.state.broken.load(Ordering::Acquire) {
                self.reports.report(report);
            }
            return;
        }
        self.state.waiting.fetch_add(1, Ordering::AcqRel);
        let (state, stop) = (Arc::clone(&self.state), self.stop.clone());
        // The lanes end only after all attempts.
        let _ = self.lane.send(Message::Settle(Box::new(Settle { closed, report, state, stop })));
    }
}

fn run_lane(messages: &Receiver<Message>, reports: &dyn Reports) {
    for message in messages {
        match message {
            Message::Settle(settle) => {
                let Settle { closed, report, state, stop } = *settle;
                if !state.broken.load(Ordering::Acquire) {
                    settle_one(closed, report, &state, &stop, reports);
                }
                state.waiting.fetch_sub(1, Ordering::AcqRel);
            }
            Message::End => return,
        }
    }
}

fn settle_one(closed: Vec<Closed>, report: Report, state: &State, stop: &StopFlag, reports: &dyn Reports) {
    match closed.into_iter().try_for_each(|closed| (closed.settle)()) {
        Ok(()) => reports.report(report),
        Err(error) => {
            state.broken.store(true, Ordering::Release);
            stop.stop(Stop::Cancel);
            let (task, fence) = (report.task, report.fence);
            reports.report(Report { task, fence, event: failed_event(&error, None) });
        }
    }
}

/// The report of an error that did not happen at an item.
pub(crate) fn failed_event(error: &Error, node: Option<u32>) -> Event {
    if is_disk_full(error) {
        return Event::DiskFull { text: error.to_string() };
    }
    let (class, retry_after) = class_of(error);
    Event::Failed { class, node, place: None, text: error.to_string(), retry_after }
}

/// The engine's class of a processor's error. A `skip` that reaches this far was not allowed: it is fatal.
pub(crate) fn class_of(error: &Error) -> (Class, Option<std::time::Duration>) {
    use dyeline_processors::contract::Class as C;
    match error.class() {
        C::Retryable => (Class::Retryable, None),
        C::Fatal | C::Skip => (Class::Fatal, None),
        C::Throttled { retry_after } => (Class::Throttled, retry_after),
    }
}

/// Whether the error says that there is no room left on a disk.
pub(crate) fn is_disk_full(error: &Error) -> bool {
    let mut at: Option<&(dyn std::error::Error + 'static)> = error.source().map(|e| e as _);
    while let Some(e) = at {
        if let Some(io) = e.downcast_ref::<io::Error>() {
            return matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        }
        at = e.source();
    }
    false
}
