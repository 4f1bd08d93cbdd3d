//! Messages between workers and the engine, and what goes wrong with them; what workers do.

use std::collections::BTreeMap;

use dyeline_engine::{
    Answer, Build, CancelReason, Command, Fence, GrantCredit, Heartbeat, Millis, Output, Refusal, Reply,
    TaskId, WorkerId, WorkerJoined, WorkerLeft,
    invariant::{DURABLE_FIRST, FENCED},
};

use super::{
    client,
    model::{Broken, broken},
    plan::GROUPS,
    worker::{Attempt, Worker},
    world::{Event, LEASE_MS, World},
};

impl World {
    /// Sends a command that may be delayed, but neither lost nor repeated.
    pub(crate) fn network(&mut self, command: Command) {
        let delay = self.rng.between(1, 20);
        self.at(delay, Event::Arrive(command));
    }

    /// Sends a report, which may be lost, repeated and delayed.
    fn report(&mut self, worker: WorkerId, key: (TaskId, Fence), number: u64, command: Command) {
        let silent = self.workers.get(&worker).map_or(0, |w| w.silent_until.saturating_sub(self.now));
        if self.trouble(25) {
            self.fault("report lost");
            return;
        }
        if self.trouble(25) {
            self.fault("report repeated");
            let request = self.request();
            self.askers.insert(request, (worker, key.0, key.1, number));
            let delay = silent + self.rng.between(1, 400);
            self.at(delay, Event::Arrive(client::repeated(&command, request)));
        }
        let mut delay = silent + self.rng.between(1, 20);
        if self.trouble(25) {
            self.fault("report delayed");
            delay += self.rng.between(100, 3 * LEASE_MS);
        }
        self.at(delay, Event::Arrive(command));
    }

    /// An output leaves for whom it is meant.
    pub(crate) fn send(&mut self, output: Output) {
        let worker = match &output {
            Output::HandOut(out) => out.worker,
            Output::CancelAttempt { worker, .. }
            | Output::ReportRefused { worker, .. }
            | Output::LiveParams { worker, .. } => *worker,
            Output::Reply(reply) => match self.askers.get(&reply.request) {
                Some((worker, ..)) => *worker,
                None => return,
            },
            Output::JobChanged { .. } | Output::StageEnded { .. } | Output::JobPurged { .. } => return,
        };
        let Some(w) = self.workers.get(&worker) else { return };
        let silent = w.silent_until.saturating_sub(self.now);
        match &output {
            Output::HandOut(_) if self.trouble(60) => {
                self.fault("hand-out lost");
                // A message is lost when a connection breaks; the worker connects again.
                self.at(50, Event::Join(worker));
                return;
            }
            Output::CancelAttempt { .. } if self.trouble(8) => {
                self.fault("cancellation lost");
                return;
            }
            Output::CancelAttempt { .. } if self.trouble(8) => {
                self.fault("message to a worker repeated");
                let delay = silent + self.rng.between(1, 100);
                self.at(delay, Event::Deliver(worker, output.clone()));
            }
            _ => {}
        }
        let delay = silent + self.rng.between(1, 15);
        self.at(delay, Event::Deliver(worker, output));
    }

    /// An output reaches a worker.
    pub(crate) fn deliver(&mut self, id: WorkerId, output: Output) -> Result<(), Broken> {
        let Some(worker) = self.workers.get_mut(&id) else { return Ok(()) };
        match output {
            Output::HandOut(hand_out) => {
                let key = (hand_out.task, hand_out.fence);
                let mut attempt = Attempt::new(hand_out, &mut self.rng);
                if worker.draining {
                    attempt.cancel = Some(CancelReason::Pause);
                }
                worker.attempts.insert(key, attempt);
                self.go_on(id, key, 0);
            }
            Output::CancelAttempt { task, fence, why, .. } => self.cancelled(id, (task, fence), why),
            Output::Reply(reply) => return self.replied(id, reply),
            _ => {}
        }
        Ok(())
    }

    fn cancelled(&mut self, id: WorkerId, key: (TaskId, Fence), why: CancelReason) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        let Some(attempt) = worker.attempts.get_mut(&key) else { return };
        if why == CancelReason::Fenced {
            self.end_attempt(id, key);
        } else if attempt.stubborn && !self.healing {
            self.fault("cancellation ignored");
        } else {
            attempt.cancel = Some(why);
        }
    }

    fn end_attempt(&mut self, id: WorkerId, key: (TaskId, Fence)) {
        let Some(worker) = self.workers.get_mut(&id) else { return };
        if worker.attempts.remove(&key).is_none() {
            return;
        }
        if !worker.draining {
            self.network(Command::GrantCredit(GrantCredit { request: None, worker: id, credit: 1 }));
        } else if worker.attempts.is_empty() {
            self.leave(id, true);
        }
    }

    /// The attempt does its next thing a little later.
    fn go_on(&mut self, id: WorkerId, key: (TaskId, Fence), number: u64) {
        let delay = if self.healing { self.rng.between(1, 20) } else { self.rng.between(5, 250) };
        self.at(delay, Event::Attempt(id, key.0, key.1, number));
    }

    /// An attempt goes on: it makes its next report, or sends the last one again.
    pub(crate) fn attempt(&mut self, id: WorkerId, task: TaskId, fence: Fence, number: u64) {
        let key = (task, fence);
        let request = self.request();
        let healing = self.healing;
        let Some(attempt) = self.workers.get_mut(&id).and_then(|w| w.attempts.get_mut(&key)) else { return };
        if attempt.reports != number {
            return;
        }
        let command = match &attempt.waiting {
            Some(command) => client::repeated(command, request),
            None => attempt.next(request, healing, &mut self.rng),
        };
        self.askers.insert(request, (id, task, fence, number));
        self.report(id, key, number, command);
        // Should no reply come, it sends the report again.
        self.at(900, Event::Attempt(id, task, fence, number));
    }

    /// A worker hears what came of a report.
    fn replied(&mut self, id: WorkerId, reply: Reply) -> Result<(), Broken> {
        let Some((_, task, fence, number)) = self.askers.remove(&reply.request) else { return Ok(()) };
        let key = (task, fence);
        let Some(attempt) = self.workers.get_mut(&id).and_then(|w| w.attempts.get_mut(&key)) else {
            return Ok(());
        };
        if attempt.reports != number {
            return Ok(());
        }
        let Some(command) = attempt.waiting.take() else { return Ok(()) };
        attempt.reports += 1;
        match reply.result {
            Ok(Answer::Accepted) => {}
            Err(Refusal::Fenced { .. } | Refusal::UnknownJob(_)) => {
                self.end_attempt(id, key);
                return Ok(());
            }
            other => return broken(FENCED, format!("a report of task {task} got {other:?}")),
        }
        let (durable, last) = match &command {
            Command::ReportCheckpoint(c) => {
                (self.model.committed.contains(&(task, fence.0, c.progress.seq)), false)
            }
            Command::CompleteAttempt(_) => (self.model.done.contains(&(task, fence.0)), true),
            _ => (true, true),
        };
        if !durable {
            return broken(
                DURABLE_FIRST,
                format!("a report of task {task} was accepted, and is not durable"),
            );
        }
        if last {
            self.end_attempt(id, key);
        } else {
            self.go_on(id, key, number + 1);
        }
        Ok(())
    }

    /// A new worker starts.
    pub(crate) fn spawn(&mut self) {
        self.next_worker += 1;
        let id = WorkerId(self.next_worker);
        let group = GROUPS[(self.next_worker % 2) as usize];
        let slots = self.rng.between(1, 3) as u32;
        let worker = Worker { id, group, slots, attempts: BTreeMap::new(), silent_until: 0, draining: false };
        self.workers.insert(id, worker);
        self.at(1, Event::Join(id));
        self.at(500, Event::Beat(id));
    }

    /// A worker connects, or connects again.
    pub(crate) fn join(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.get(&id) else { return };
        let running: Vec<_> = worker.attempts.keys().copied().collect();
        let free = if worker.draining { 0 } else { worker.slots.saturating_sub(running.len() as u32) };
        let group = worker.group.to_owned();
        let slots = worker.slots;
        let delay = worker.silent_until.saturating_sub(self.now) + 2;
        // Whoever starts the engine again may have built it again.
        let build = Some(Build { id: self.epoch, at: Millis(0) });
        let join = WorkerJoined { request: None, worker: id, group, slots, build, running };
        self.at(delay, Event::Arrive(Command::WorkerJoined(join)));
        self.at(
            delay,
            Event::Arrive(Command::GrantCredit(GrantCredit { request: None, worker: id, credit: free })),
        );
    }

    /// A worker sends a heartbeat.
    pub(crate) fn beat(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.get(&id) else { return };
        let running = worker.attempts.keys().copied().collect();
        if worker.silent_until <= self.now {
            self.network(Command::Heartbeat(Heartbeat { request: None, worker: id, running }));
        }
        self.at(500, Event::Beat(id));
    }

    fn leave(&mut self, worker: WorkerId, drained: bool) {
        self.workers.remove(&worker);
        self.network(Command::WorkerLeft(WorkerLeft { request: None, worker, drained }));
    }

    /// Something goes wrong, or is mended.
    pub(crate) fn make_trouble(&mut self) -> Result<(), Broken> {
        let delay = self.rng.between(50, 400);
        self.at(delay, Event::Trouble);
        let wanted = if self.healing { 6 } else { self.rng.between(2, 5) as usize };
        if self.workers.len() < wanted {
            self.spawn();
        }
        if self.healing {
            return Ok(());
        }
        let ids: Vec<_> = self.workers.keys().copied().collect();
        let Some(id) = self.rng.pick(&ids).copied() else { return Ok(()) };
        match self.rng.below(40) {
            0..=2 => {
                self.fault("worker lost");
                self.workers.remove(&id);
                if self.rng.chance(60) {
                    self.network(Command::WorkerLeft(WorkerLeft {
                        request: None,
                        worker: id,
                        drained: false,
                    }));
                }
            }
            3..=5 => {
                self.fault("worker silent beyond its lease");
                let until = self.now + LEASE_MS + self.rng.between(500, 3_000);
                if let Some(worker) = self.workers.get_mut(&id) {
                    worker.silent_until = until;
                }
            }
            6..=8 => self.drain(id),
            9 => {
                self.fault("clock jumped ahead");
                let longest = if self.rng.one_in(6) { 9 * 24 * 3_600_000 } else { 20_000 };
                self.skew += self.rng.between(1, longest);
                self.furthest = self.furthest.max(self.skew);
                self.wake();
            }
            10 => self.crash_now()?,
            _ => {}
        }
        Ok(())
    }

    fn crash_now(&mut self) -> Result<(), Broken> {
        if self.engine.is_some() { self.crash() } else { Ok(()) }
    }

    /// A worker drains: no more credit, what runs is handed back, and then it leaves, or leaves early.
    fn drain(&mut self, id: WorkerId) {
        self.fault("worker drained");
        let early = self.rng.chance(30);
        let Some(worker) = self.workers.get_mut(&id) else { return };
        worker.draining = true;
        for attempt in worker.attempts.values_mut() {
            attempt.cancel = Some(CancelReason::Pause);
        }
        let none = worker.attempts.is_empty();
        self.network(Command::GrantCredit(GrantCredit { request: None, worker: id, credit: 0 }));
        if early || none {
            self.leave(id, true);
        }
    }
}
