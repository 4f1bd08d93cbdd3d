//! The owner thread: the only place where the engine is touched.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded, never, select};
use dyeline_engine::{
    AcquireOwnership, Answer, Batch, Command, Engine, Gate, Output, Refusal, Reply, RequestId, Settings, Tick,
};

use super::{
    Clock, HandOff, Inbox, JobEvents, PartitionError,
    full::{Full, Stall},
    inbox::Message,
    snapshots::{self, Snapshots},
};
use crate::log::{self, CommitError, Completed, Entry, PartitionLog, Retryable, Ticket, Warning};

/// Commands in one batch: enough that a sync is shared by many, few enough that none waits long for the others.
const MAX_COMMANDS: usize = 1_000;

/// Batches on their way to the disk before the owner waits: the log syncs all that waits at once.
const MAX_BATCHES_IN_FLIGHT: usize = 64;

/// Bytes on their way to the disk before the owner waits.
const MAX_BYTES_IN_FLIGHT: usize = 64 << 20;

/// Times a batch is handed to the log again when the log says that it may.
const MAX_RESUBMITS: u32 = 3;

/// How an owner works.
#[derive(Clone, Debug, Default)]
pub struct OwnerSettings {
    /// The engine's settings.
    pub engine: Settings,
    /// Bytes of log after which the next snapshot is made in the background; `None` makes none.
    pub snapshot_every: Option<u64>,
}

/// A partition that runs.
pub struct Owner {
    inbox: Inbox,
    thread: Option<JoinHandle<Result<(), PartitionError>>>,
    snapshots: Option<Snapshots>,
}

/// What a start found.
pub struct Started {
    /// The owner.
    pub owner: Owner,
    /// What recovery mended.
    pub warnings: Vec<Warning>,
}

impl Owner {
    /// Acquires the log, restores the state, voids the former owner's leases, and starts the thread.
    pub fn start(
        mut log: Box<dyn PartitionLog>,
        settings: OwnerSettings,
        hand_off: Box<dyn HandOff>,
        events: Box<dyn JobEvents>,
    ) -> Result<Started, PartitionError> {
        let acquired = log.acquire()?;
        let mut engine = Engine::new(settings.engine);
        log.restore(&mut |entry| {
            match entry {
                Entry::Snapshot(_, bytes) => engine.load_snapshot(bytes)?,
                Entry::Batch(_, bytes) => engine.replay(bytes)?,
            }
            Ok(())
        })?;
        let snapshots = settings
            .snapshot_every
            .and_then(|every| snapshots::start(&*log, settings.engine.partition, every));
        let stall = Arc::new(Stall::default());
        let (inbox, messages) = Inbox::new(Arc::clone(&stall));
        let (wake, woken) = bounded(1);
        log.set_wake(Arc::new(move || {
            // A full channel is a wake that was not taken yet.
            let _ = wake.try_send(());
        }));
        let mut run = Run {
            engine,
            log,
            gate: Gate::new(),
            clock: Clock::start(),
            messages,
            woken,
            hand_off,
            events,
            requests: BTreeMap::new(),
            next_request: 0,
            refused: VecDeque::new(),
            again: BTreeMap::new(),
            resubmits: 0,
            full: None,
            stall,
            held: VecDeque::new(),
            logged: snapshots.as_ref().map(Snapshots::logged).unwrap_or_default(),
            in_flight: VecDeque::new(),
            ending: false,
        };
        run.take_over(acquired.epoch)?;
        let thread = std::thread::Builder::new().name("partition".into()).spawn(move || run.run());
        let thread = Some(thread.map_err(PartitionError::Thread)?);
        Ok(Started { owner: Self { inbox, thread, snapshots }, warnings: acquired.warnings })
    }

    /// The way in.
    pub fn inbox(&self) -> Inbox {
        self.inbox.clone()
    }

    /// Whether the thread has ended by itself: a failure that [`Owner::end`] will tell.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends the thread once all it applied is durable.
    pub fn end(mut self) -> Result<(), PartitionError> {
        self.inbox.end();
        if let Some(snapshots) = self.snapshots.take() {
            snapshots.end();
        }
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(error),
            Some(Err(_)) => Err(PartitionError::Bug("the partition's thread panicked".into())),
        }
    }
}

struct Run {
    engine: Engine,
    log: Box<dyn PartitionLog>,
    gate: Gate<Ticket>,
    clock: Clock,
    messages: Receiver<Message>,
    woken: Receiver<()>,
    hand_off: Box<dyn HandOff>,
    events: Box<dyn JobEvents>,
    requests: BTreeMap<RequestId, Sender<Result<Answer, Refusal>>>,
    next_request: u64,
    /// Batches that the log gave back and that go to it again, with the tickets they had.
    refused: VecDeque<(Ticket, log::Batch)>,
    /// The first tickets of batches that went to the log again, which the gate knows them by.
    again: BTreeMap<Ticket, Ticket>,
    resubmits: u32,
    /// Set while the log has no room.
    full: Option<Full>,
    stall: Arc<Stall>,
    /// Messages that came while the log had no room, and are before all others.
    held: VecDeque<Message>,
    /// Bytes that have become durable, for the thread that makes snapshots.
    logged: Arc<AtomicU64>,
    /// The sizes of the batches in flight.
    in_flight: VecDeque<u64>,
    ending: bool,
}

impl Run {
    fn take_over(&mut self, epoch: log::Epoch) -> Result<(), PartitionError> {
        let mut batch = Batch::new();
        let now = self.clock.now();
        self.engine.restored(now, &mut batch);
        self.engine.apply(Command::AcquireOwnership(AcquireOwnership { epoch: epoch.0 }), now, &mut batch);
        self.submit(batch)
    }

    fn run(mut self) -> Result<(), PartitionError> {
        loop {
            self.take_results()?;
            self.submit_again()?;
            if self.full.is_some() {
                self.wait_for_room()?;
                continue;
            }
            if self.ending
                && self.held.is_empty()
                && self.messages.is_empty()
                && self.log.in_flight().batches == 0
            {
                return Ok(());
            }
            let flight = self.log.in_flight();
            if flight.batches >= MAX_BATCHES_IN_FLIGHT || flight.bytes >= MAX_BYTES_IN_FLIGHT {
                // The disk is behind: wait for it instead of filling memory.
                let _ = self.woken.recv_timeout(Duration::from_secs(1));
                continue;
            }
            let first = self.wait();
            self.apply(first)?;
        }
    }

    /// Waits for a message, a result of the log, or a timer; the message, if it was one.
    fn wait(&mut self) -> Option<Message> {
        if let Some(message) = self.next_message() {
            return Some(message);
        }
        let timer = self.engine.next_timer().map(|at| self.clock.until(at));
        let idle = if self.ending { Duration::from_millis(10) } else { Duration::from_secs(3600) };
        let messages = if self.ending { &never() } else { &self.messages };
        select! {
            recv(messages) -> message => message.ok(),
            recv(self.woken) -> _ => None,
            default(timer.unwrap_or(idle).min(idle)) => None,
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        self.held.pop_front().or_else(|| self.messages.try_recv().ok())
    }

    /// Applies what waits, as one batch.
    fn apply(&mut self, first: Option<Message>) -> Result<(), PartitionError> {
        let now = self.clock.now();
        let mut batch = Batch::new();
        if self.engine.next_timer().is_some_and(|at| at <= now) {
            self.engine.apply(Command::Tick(Tick), now, &mut batch);
        }
        let mut next = first;
        let mut taken = 0;
        while let Some(message) = next.take() {
            self.take(message, &mut batch);
            taken += 1;
            if taken < MAX_COMMANDS {
                next = self.next_message();
            }
        }
        self.submit(batch)
    }

    fn take(&mut self, message: Message, batch: &mut Batch) {
        let now = self.clock.now();
        match message {
            Message::Command(command) => self.engine.apply(command, now, batch),
            Message::Request { make, reply } => {
                let id = RequestId(self.next_request);
                self.next_request += 1;
                self.requests.insert(id, reply);
                self.engine.apply(make(id), now, batch);
            }
            Message::Read(look) => look(self.engine.state()),
            Message::End => self.ending = true,
        }
    }

    fn submit(&mut self, batch: Batch) -> Result<(), PartitionError> {
        let sealed = batch.seal().map_err(|e| PartitionError::Bug(e.to_string()))?;
        let ticket = if sealed.bytes.is_empty() {
            None
        } else {
            self.in_flight.push_back(sealed.bytes.len() as u64);
            Some(self.log.submit(log::Batch { bytes: sealed.bytes }))
        };
        let outputs = self.gate.submitted(ticket, sealed.outputs);
        self.release(outputs);
        Ok(())
    }

    /// Takes what the log has to say; what is durable lets its outputs go.
    fn take_results(&mut self) -> Result<(), PartitionError> {
        while let Some(Completed { ticket, result }) = self.log.completed(Duration::ZERO) {
            match result {
                Ok(_) => {
                    let ticket = self.again.remove(&ticket).unwrap_or(ticket);
                    self.resubmits = 0;
                    self.logged.fetch_add(self.in_flight.pop_front().unwrap_or(0), Ordering::Relaxed);
                    let outputs = self.gate.completed(&ticket);
                    self.release(outputs);
                }
                Err(refused) => {
                    match refused.error.retryable() {
                        Retryable::AfterHelp => self.lacks_room(refused.error),
                        Retryable::Again if self.resubmits < MAX_RESUBMITS => {}
                        _ => return Err(PartitionError::Commit(refused.error)),
                    }
                    let ticket = self.again.remove(&ticket).unwrap_or(ticket);
                    self.refused.push_back((ticket, refused.batch));
                }
            }
        }
        Ok(())
    }

    /// Hands what the log gave back to it again, in order, once it has given back all that followed.
    fn submit_again(&mut self) -> Result<(), PartitionError> {
        if self.log.in_flight().batches > 0 {
            return Ok(());
        }
        if self.refused.is_empty() {
            return self.has_room();
        }
        match &mut self.full {
            Some(full) if !full.left().is_zero() => return Ok(()),
            Some(full) => full.tried(),
            None => self.resubmits += 1,
        }
        for (old, batch) in std::mem::take(&mut self.refused) {
            let new = self.log.submit(batch);
            self.again.insert(new, old);
        }
        Ok(())
    }

    fn lacks_room(&mut self, error: CommitError) {
        self.stall.set(Some(&error));
        match &mut self.full {
            Some(full) => full.error = error,
            None => {
                tracing::info!(%error, "the log has no room: waiting for it");
                self.full = Some(Full::new(error));
            }
        }
    }

    /// All that was refused is durable: goes on with what came meanwhile. No lease ends for what could not be heard.
    fn has_room(&mut self) -> Result<(), PartitionError> {
        let Some(full) = self.full.take() else { return Ok(()) };
        tracing::info!("the log has room again");
        self.stall.set(None);
        self.held = full.held;
        let mut batch = Batch::new();
        self.engine.restored(self.clock.now(), &mut batch);
        self.submit(batch)
    }

    /// Answers looks at the state and keeps all else, until there is news of the log, it is time to try again, or an
    /// end is asked for.
    fn wait_for_room(&mut self) -> Result<(), PartitionError> {
        let Some(full) = &mut self.full else { return Ok(()) };
        let trying = self.log.in_flight().batches > 0;
        let wait = if trying { Duration::from_secs(1) } else { full.left() };
        if self.ending {
            return Err(PartitionError::Commit(full.error.clone()));
        }
        select! {
            recv(self.messages) -> message => match message {
                Ok(Message::Read(look)) => look(self.engine.state()),
                Ok(Message::End) | Err(_) => self.ending = true,
                Ok(other) => full.held.push_back(other),
            },
            recv(self.woken) -> _ => {}
            default(wait) => {}
        }
        Ok(())
    }

    fn release(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::HandOut(out) => self.hand_off.hand_out(*out),
                Output::CancelAttempt { worker, task, fence, why } => {
                    self.hand_off.cancel(worker, task, fence, why);
                }
                Output::ReportRefused { worker, task, fence, why } => {
                    self.hand_off.refuse(worker, task, fence, why);
                }
                Output::LiveParams { worker, task, fence, params } => {
                    self.hand_off.set_live(worker, task, fence, params);
                }
                Output::Reply(Reply { request, result }) => {
                    if let Some(reply) = self.requests.remove(&request) {
                        // Who asked may have stopped waiting.
                        let _ = reply.send(result);
                    }
                }
                Output::JobChanged { job, phase } => self.events.job_changed(job, phase),
                Output::StageEnded { job, stage } => self.events.stage_ended(job, stage),
                Output::JobPurged { job } => self.events.job_purged(job),
            }
        }
    }
}
