//! The threads of one group in one process: a thread a slot, credit ahead of need, a watch over those that hang.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};
use dyeline_engine::{CancelReason, Class, Fence, HandOut, JobId, LiveParams, Refusal, TaskId};
use dyeline_processors::{
    contract::{Stop, context::BlockOn, registry::Registry},
    disk::Disk,
};

use super::{
    Lanes, attempt,
    credit::Window,
    refusal::refusal_text,
    report::{Event, Report, Reports},
    running::{Environment, Handle},
    settle::Settlers,
};

/// Threads that sync files: more than one, since a disk serves several syncs at once, few, since each one is a thread.
const SETTLE_LANES: usize = 4;

/// An attempt that was told to stop and has not after this is given up: its thread cannot be killed, so it is left
/// behind and its slot gets another.
const ABANDON_AFTER: Duration = Duration::from_secs(5);

/// Threads that may be left behind in a process before it takes no more work: each keeps a stack and what it holds.
const MAX_ABANDONED: u64 = 64;

/// How often the watch looks.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// A pool's size and place.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// The group, for thread names.
    pub group: String,
    /// Attempts that run at once.
    pub slots: usize,
    /// Time between heartbeats: a third of the lease or less.
    pub heartbeat: Duration,
}

/// What the attempts of a process share.
#[derive(Clone)]
pub struct PoolSettings {
    /// Processors and records.
    pub registry: Arc<Registry>,
    /// The file layer.
    pub disk: Arc<dyn Disk>,
    /// The folder of all spools.
    pub spool: PathBuf,
    /// Whether to start a runtime for asynchronous processors.
    pub asynchronous: bool,
    /// How attempts call services.
    pub lanes: Lanes,
}

/// The slots of one group in one process.
pub struct Pool {
    shared: Arc<Shared>,
    queue: Sender<Option<Arc<Handle>>>,
    settlers: Arc<Settlers>,
    watch: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    group: String,
    env: Environment,
    reports: Arc<dyn Reports>,
    queue: Receiver<Option<Arc<Handle>>>,
    held: Mutex<Held>,
    changed: Condvar,
    draining: AtomicBool,
    closing: AtomicBool,
    abandoned: AtomicU64,
    next_thread: AtomicU64,
    heartbeat: Duration,
}

/// What the pool holds right now.
struct Held {
    /// Attempts that wait or run, by fencing number.
    attempts: BTreeMap<Fence, Arc<Handle>>,
    window: Window,
}

impl Pool {
    /// Starts the threads and grants the first credit.
    pub fn start(
        options: PoolOptions,
        settings: PoolSettings,
        reports: Arc<dyn Reports>,
    ) -> io::Result<Self> {
        let futures: Option<Arc<dyn BlockOn>> = match settings.asynchronous || cfg!(feature = "http") {
            true => Some(Arc::new(super::futures::Futures::start()?)),
            false => None,
        };
        // Bounded by the credit granted.
        let (queue, receiver) = unbounded();
        let shared = Arc::new(Shared {
            group: options.group,
            env: Environment::new(settings.registry, settings.disk, settings.spool, futures, settings.lanes),
            reports,
            queue: receiver,
            held: Mutex::new(Held { attempts: BTreeMap::new(), window: Window::new(options.slots as u32) }),
            changed: Condvar::new(),
            draining: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            abandoned: AtomicU64::new(0),
            next_thread: AtomicU64::new(0),
            heartbeat: options.heartbeat,
        });
        let watched: Arc<dyn Reports> = Arc::new(Watched(Arc::clone(&shared)));
        let settlers = Arc::new(Settlers::start(SETTLE_LANES, &watched)?);
        for _ in 0..options.slots {
            start_slot(&shared, &settlers)?;
        }
        let watch = {
            let (shared, settlers) = (Arc::clone(&shared), Arc::clone(&settlers));
            let name = format!("{}-watch", shared.group);
            std::thread::Builder::new().name(name).spawn(move || watch(&shared, &settlers))?
        };
        let first = shared.lock().window.refill();
        shared.reports.grant(first);
        Ok(Self { shared, queue, settlers, watch: Mutex::new(Some(watch)) })
    }

    /// Takes a hand-out that the pool gave credit for.
    pub fn hand_out(&self, out: HandOut) {
        let handle = Arc::new(Handle::new(out));
        self.shared.lock().attempts.insert(handle.out.fence, Arc::clone(&handle));
        if self.shared.draining.load(Ordering::Acquire) {
            handle.ask_to_stop(Stop::HandBack);
        }
        // The receiver lives as long as the pool.
        let _ = self.queue.send(Some(handle));
    }

    /// Stops an attempt for a reason. One that is not here any more is left in peace.
    pub fn cancel(&self, fence: Fence, why: CancelReason) {
        let handle = self.shared.lock().attempts.get(&fence).cloned();
        if let Some(handle) = handle {
            handle.ask_to_stop(match why {
                CancelReason::Pause => Stop::HandBack,
                CancelReason::Cancel | CancelReason::Fenced => Stop::Cancel,
                CancelReason::TimedOut => Stop::TimedOut,
            });
        }
    }

    /// Ends an attempt whose report the engine refused: no other attempt would come to anything else.
    pub fn refuse(&self, task: TaskId, fence: Fence, why: &Refusal) {
        let text = refusal_text(why);
        let event = Event::Failed { class: Class::Fatal, node: None, place: None, text, retry_after: None };
        // First of all, so that it is not taken for what the attempt says when it stops.
        self.shared.reports.report(Report { task, fence, event });
        self.cancel(fence, CancelReason::Fenced);
    }

    /// Gives a running attempt new live parameters, which it takes over between two chunks.
    pub fn set_live(&self, fence: Fence, params: LiveParams) {
        let handle = self.shared.lock().attempts.get(&fence).cloned();
        if let Some(handle) = handle {
            handle.set_live(params);
        }
    }

    /// Forgets what was kept of a job that has ended.
    pub fn forget(&self, job: JobId) {
        self.shared.env.forget(job);
    }

    /// Attempts whose threads were left behind.
    pub fn abandoned(&self) -> u64 {
        self.shared.abandoned.load(Ordering::Relaxed)
    }

    /// Takes no more work; has every attempt close a checkpoint and hand back, and waits for that until `grace` has
    /// passed. Returns how many did not.
    pub fn drain(&self, grace: Duration) -> usize {
        self.shared.draining.store(true, Ordering::Release);
        let until = Instant::now() + grace;
        let mut held = self.shared.lock();
        for handle in held.attempts.values() {
            handle.ask_to_stop(Stop::HandBack);
        }
        while !held.attempts.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            held = self.shared.changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        held.attempts.len()
    }

    /// Ends the pool once its attempts have ended and all they closed is reported. Call [`Pool::drain`] first; threads
    /// of attempts that do not end are left behind.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.changed.notify_all();
        for _ in 0..self.shared.next_thread.load(Ordering::Relaxed) {
            // The receiver lives as long as the pool.
            let _ = self.queue.send(None);
        }
        if let Some(watch) = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic of the watch was reported by its hook.
            let _ = watch.join();
        }
        self.settlers.finish();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot is free again. Grants credit for the room.
    fn slot_freed(&self, ran: Duration) {
        let mut held = self.lock();
        held.window.ended(ran);
        let credit = if self.takes_work() { held.window.refill_when_low() } else { 0 };
        drop(held);
        if credit > 0 {
            self.reports.grant(credit);
        }
    }

    /// The last report of an attempt has left.
    fn reported(&self, fence: Fence) {
        let mut held = self.lock();
        held.attempts.remove(&fence);
        if held.attempts.is_empty() {
            self.changed.notify_all();
        }
    }

    fn takes_work(&self) -> bool {
        !self.draining.load(Ordering::Acquire) && self.abandoned.load(Ordering::Relaxed) < MAX_ABANDONED
    }
}

/// Reports of attempts, so that the pool learns when the last one of an attempt has left.
struct Watched(Arc<Shared>);

impl Reports for Watched {
    fn report(&self, report: Report) {
        let last = (!matches!(report.event, Event::Checkpointed(_))).then_some(report.fence);
        self.0.reports.report(report);
        if let Some(fence) = last {
            self.0.reported(fence);
        }
    }

    fn grant(&self, credit: u32) {
        self.0.reports.grant(credit);
    }

    fn takes_checkpoints(&self) -> bool {
        self.0.reports.takes_checkpoints()
    }

    fn heartbeat(&self, running: Vec<(TaskId, Fence)>) {
        self.0.reports.heartbeat(running);
    }
}

fn start_slot(shared: &Arc<Shared>, settlers: &Arc<Settlers>) -> io::Result<()> {
    let number = shared.next_thread.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}-{number}", shared.group);
    let (shared, settlers) = (Arc::clone(shared), Arc::clone(settlers));
    // Not joined: a slot ends when the queue closes, and one that hangs must not hang the process.
    std::thread::Builder::new().name(name).spawn(move || run_slot(&shared, &settlers)).map(drop)
}

fn run_slot(shared: &Shared, settlers: &Settlers) {
    let queue = shared.queue.clone();
    while let Ok(Some(handle)) = queue.recv() {
        let began = Instant::now();
        handle.start();
        let settler = settlers.lane(handle.out.task.shard, handle.stop.clone());
        if handle.stop.get().is_some() {
            // Stopped before it ran: nothing was done, so there is nothing to keep.
            let event = Event::HandedBack { progress: None };
            settler.settle(Vec::new(), Report { task: handle.out.task, fence: handle.out.fence, event });
        } else {
            attempt::run(&handle, &shared.env, &settler);
        }
        if handle.is_abandoned() {
            return;
        }
        shared.slot_freed(began.elapsed());
    }
}

/// Sends heartbeats and leaves threads behind that do not stop.
fn watch(shared: &Arc<Shared>, settlers: &Arc<Settlers>) {
    let mut beat = Instant::now();
    let mut held = shared.lock();
    while !shared.closing.load(Ordering::Acquire) {
        held = shared.changed.wait_timeout(held, WATCH_EVERY).unwrap_or_else(PoisonError::into_inner).0;
        let hung: Vec<Fence> =
            held.attempts.values().filter(|h| h.hangs(ABANDON_AFTER)).map(|h| h.out.fence).collect();
        let mut granted = 0;
        for fence in &hung {
            if let Some(handle) = held.attempts.remove(fence) {
                handle.abandon();
            }
            held.window.ended(ABANDON_AFTER);
            shared.abandoned.fetch_add(1, Ordering::Relaxed);
            // Without a thread for it the slot stays empty, and the others go on.
            if start_slot(shared, settlers).is_ok() && shared.takes_work() {
                granted += held.window.refill_when_low();
            }
        }
        let running: Option<Vec<(TaskId, Fence)>> = (beat.elapsed() >= shared.heartbeat).then(|| {
            beat = Instant::now();
            held.attempts.values().map(|h| (h.out.task, h.out.fence)).collect()
        });
        drop(held);
        if granted > 0 {
            shared.reports.grant(granted);
        }
        if let Some(running) = running {
            shared.reports.heartbeat(running);
        }
        held = shared.lock();
    }
}
