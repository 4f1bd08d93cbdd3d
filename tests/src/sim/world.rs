//! The world: time, the engine and its log; crashes and commits.

use std::collections::{BTreeMap, VecDeque};

use dyeline_engine::{
    AcquireOwnership, Batch, Command, Engine, Fence, Gate, JobId, Millis, Output, RequestId, Settings,
    TaskId, Tick, WorkerId, decode_batch, invariant,
};

use super::{
    Coverage, Options, Rng, client,
    log::Log,
    model::{Broken, Model, broken},
    worker::Worker,
};

/// How long a lease lasts.
pub(crate) const LEASE_MS: u64 = 2_000;
/// Where the engine's clock starts.
const EPOCH_MS: u64 = 1_790_000_000_000;

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// A command reaches the engine.
    Arrive(Command),
    /// The engine takes a batch.
    Step,
    /// The oldest batch in flight gets its result.
    Commit,
    /// The engine's next timer may be due.
    Wake,
    /// The engine starts again.
    Restart,
    /// An output reaches a worker.
    Deliver(WorkerId, Output),
    /// An attempt goes on, or sends its report again.
    Attempt(WorkerId, TaskId, Fence, u64),
    /// A worker sends a heartbeat.
    Beat(WorkerId),
    /// A worker connects.
    Join(WorkerId),
    /// A client does something.
    Client,
    /// Something goes wrong.
    Trouble,
}

/// Who waits for a reply: an attempt of a worker, with the number of its report.
pub(crate) type Asker = (WorkerId, TaskId, Fence, u64);

/// Everything that a seed plays with.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) rng: Rng,
    pub(crate) now: u64,
    /// How far the engine's clock is off.
    pub(crate) skew: u64,
    /// The furthest it ever was.
    pub(crate) furthest: u64,
    pub(crate) queue: BTreeMap<(u64, u64), Event>,
    pub(crate) order: u64,
    pub(crate) engine: Option<Engine>,
    pub(crate) gate: Gate<u64>,
    pub(crate) log: Log,
    pub(crate) inbox: VecDeque<Command>,
    pub(crate) stepping: bool,
    pub(crate) committing: bool,
    /// Counts restarts, so that results for a former engine are not taken for this one.
    pub(crate) epoch: u64,
    /// Workers live in the engine's process and die with it.
    pub(crate) embedded: bool,
    pub(crate) workers: BTreeMap<WorkerId, Worker>,
    pub(crate) next_worker: u64,
    pub(crate) next_request: u64,
    pub(crate) askers: BTreeMap<RequestId, Asker>,
    pub(crate) jobs: Vec<JobId>,
    pub(crate) submitted: u64,
    pub(crate) model: Model,
    pub(crate) coverage: Coverage,
    pub(crate) healing: bool,
}

impl World {
    pub(crate) fn at(&mut self, delay: u64, event: Event) {
        self.order += 1;
        self.queue.insert((self.now + delay, self.order), event);
    }

    /// What the engine's clock shows.
    pub(crate) fn clock(&self) -> Millis {
        Millis(EPOCH_MS + self.now + self.skew)
    }

    pub(crate) fn fault(&mut self, name: &str) {
        self.coverage.hit(format!("fault {name}"));
    }

    /// True in one of `n` cases, never while healing.
    pub(crate) fn trouble(&mut self, n: u64) -> bool {
        !self.healing && self.rng.one_in(n)
    }

    pub(crate) fn request(&mut self) -> RequestId {
        self.next_request += 1;
        RequestId(self.next_request)
    }

    /// A command reaches the engine.
    pub(crate) fn arrive(&mut self, command: Command) {
        if self.engine.is_some() {
            self.inbox.push_back(command);
            self.plan_step();
        }
    }

    fn plan_step(&mut self) {
        if !self.stepping && !self.inbox.is_empty() && self.log.pending.len() < 4 {
            self.stepping = true;
            let delay = self.rng.below(4);
            self.at(delay, Event::Step);
        }
    }

    /// The engine takes what is waiting, up to a number, as one batch.
    pub(crate) fn step(&mut self) -> Result<(), Broken> {
        self.stepping = false;
        let clock = self.clock();
        let Some(mut engine) = self.engine.take() else { return Ok(()) };
        let mut batch = Batch::new();
        let many = self.rng.between(1, 8);
        let mut targets = Vec::new();
        for _ in 0..many {
            let Some(command) = self.inbox.pop_front() else { break };
            self.coverage.hit(format!("command {}", client::name(&command)));
            if let Some(job) = client::target(&command) {
                if targets.contains(&job) {
                    self.fault("conflicting commands in one batch");
                }
                targets.push(job);
            }
            engine.apply(command, clock, &mut batch);
        }
        if self.trouble(250) {
            self.fault("crash before the log");
            return self.crash();
        }
        self.engine = Some(engine);
        self.submit(batch)?;
        self.plan_step();
        Ok(())
    }

    /// Seals a batch and sends it to the log.
    fn submit(&mut self, batch: Batch) -> Result<(), Broken> {
        let sealed = match batch.seal() {
            Ok(sealed) => sealed,
            Err(e) => return broken(invariant::RECOVERY, e.to_string()),
        };
        let Some(engine) = &self.engine else { return Ok(()) };
        if self.options.fault != Some(dyeline_engine::Fault::BlindBatch) {
            let workers: Vec<_> = self.workers.values().map(|w| (w.id, w.group)).collect();
            Model::no_stall(engine, &workers)?;
        }
        if self.rng.one_in(32) {
            invariant::check(engine.state()).map_err(|v| Broken { invariant: v.invariant, what: v.what })?;
        }
        let wake = engine.next_timer();
        let mut ticket = None;
        if !sealed.bytes.is_empty() {
            let digest = self.rng.one_in(6).then(|| engine.state().digest());
            ticket = Some(self.log.submit(sealed.bytes, digest));
            self.plan_commit();
        }
        if let Some(at) = wake {
            let delay = at.since(self.clock()).min(60_000) + 1;
            self.at(delay, Event::Wake);
        }
        let now = self.gate.submitted(ticket, sealed.outputs);
        self.release(now)
    }

    fn plan_commit(&mut self) {
        if !self.committing && !self.log.pending.is_empty() {
            self.committing = true;
            let mut delay = self.rng.between(1, 15);
            if self.trouble(60) {
                self.fault("slow log");
                delay = self.rng.between(500, 4_000);
            }
            self.at(delay, Event::Commit);
        }
    }

    /// The engine's next timer may be due.
    pub(crate) fn wake(&mut self) {
        let due = self.engine.as_ref().and_then(Engine::next_timer).is_some_and(|at| at <= self.clock());
        if due && !self.inbox.iter().any(|c| matches!(c, Command::Tick(_))) {
            self.arrive(Command::Tick(Tick));
        }
    }

    /// The oldest batch in flight gets its result.
    pub(crate) fn commit(&mut self) -> Result<(), Broken> {
        self.committing = false;
        if self.engine.is_none() || self.log.pending.is_empty() {
            return Ok(());
        }
        match if self.healing { 99 } else { self.rng.below(400) } {
            0 => {
                self.fault("commit rewound");
                return self.discard(0);
            }
            1 => {
                self.fault("commit unknown, not durable");
                return self.discard(0);
            }
            2 => {
                self.fault("commit unknown, durable");
                let durable = self.rng.between(1, self.log.pending.len() as u64);
                return self.discard(durable);
            }
            _ => {}
        }
        let Some(batch) = self.log.commit() else { return Ok(()) };
        self.follow(&batch.bytes)?;
        if self.trouble(250) {
            self.fault("crash after the log, before outputs");
            return self.crash();
        }
        let outputs = self.gate.completed(&batch.ticket);
        self.release(outputs)?;
        if self.engine.is_some() && self.rng.one_in(100) {
            self.log.snapshot(0).or_else(|e| broken(invariant::RECOVERY, e))?;
        }
        self.plan_commit();
        self.plan_step();
        Ok(())
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        match decode_batch(bytes) {
            Ok(effects) => self.model.batch(&effects, &mut self.coverage),
            Err(e) => broken(invariant::RECOVERY, e.to_string()),
        }
    }

    /// Lets outputs go; the process may die between two of them.
    fn release(&mut self, outputs: Vec<Output>) -> Result<(), Broken> {
        for output in outputs {
            if self.trouble(1_200) {
                self.fault("crash between outputs");
                return self.crash();
            }
            self.model.leaves(&output)?;
            self.send(output);
        }
        Ok(())
    }

    /// The engine's process dies. Some of the batches in flight became durable, in order.
    pub(crate) fn crash(&mut self) -> Result<(), Broken> {
        if !self.log.pending.is_empty() {
            self.fault("crash with batches in flight");
        }
        let durable = self.rng.below(self.log.pending.len() as u64 + 1);
        self.keep(durable)?;
        if self.embedded {
            self.workers.clear();
        }
        let delay = self.rng.between(1, 3_000);
        self.at(delay, Event::Restart);
        Ok(())
    }

    /// The owner throws its memory away and restores at once; its workers live on.
    fn discard(&mut self, durable: u64) -> Result<(), Broken> {
        self.keep(durable)?;
        self.at(1, Event::Restart);
        Ok(())
    }

    fn keep(&mut self, durable: u64) -> Result<(), Broken> {
        self.engine = None;
        self.gate = Gate::new();
        self.inbox.clear();
        for _ in 0..durable {
            if let Some(batch) = self.log.commit() {
                self.follow(&batch.bytes)?;
            }
        }
        self.log.pending.clear();
        Ok(())
    }

    /// A new owner restores from the log.
    pub(crate) fn restart(&mut self) -> Result<(), Broken> {
        if self.engine.is_some() {
            return Ok(());
        }
        if self.skew > 0 && self.trouble(2) {
            self.fault("clock jumped back");
            self.skew -= self.rng.between(1, self.skew);
        }
        let mut engine = Engine::new(Settings { partition: 0, lease_ms: LEASE_MS, cancel_grace_ms: 700 });
        if let Some(fault) = self.options.fault {
            engine.plant(fault);
            self.gate.plant(fault);
        }
        if let Some(bytes) = &self.log.snapshot {
            engine.load_snapshot(bytes).or_else(|e| broken(invariant::RECOVERY, e.to_string()))?;
        }
        for batch in &self.log.durable {
            engine.replay(&batch.bytes).or_else(|e| broken(invariant::RECOVERY, e.to_string()))?;
            if batch.digest.is_some_and(|digest| digest != engine.state().digest()) {
                return broken(
                    invariant::RECOVERY,
                    format!("batch {} replays to another state", batch.ticket),
                );
            }
        }
        self.model.compare(&engine)?;
        self.epoch += 1;
        let mut batch = Batch::new();
        engine.restored(self.clock(), &mut batch);
        if self.embedded {
            let acquire = AcquireOwnership { epoch: self.epoch };
            self.coverage.hit("command AcquireOwnership");
            engine.apply(Command::AcquireOwnership(acquire), self.clock(), &mut batch);
        }
        self.engine = Some(engine);
        self.submit(batch)?;
        let workers: Vec<_> = self.workers.keys().copied().collect();
        for worker in workers {
            let delay = self.rng.between(1, 400);
            self.at(delay, Event::Join(worker));
        }
        Ok(())
    }
}
