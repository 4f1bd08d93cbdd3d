//! The engine: a state, the workers it knows, and the one door in.

use crate::{
    batch::Batch,
    command::Command,
    decide::Decide,
    effect::{Effect, TaskReadied},
    fault::Planted,
    limit::MAX_RETRY_AFTER_MS,
    output::CancelReason,
    state::{EvolveError, ReplayError, SnapshotError, State},
    time::Millis,
    timer::Timer,
    transition::JobPhase,
    worker::Workers,
};

/// What the owner of a partition chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The partition; job ids carry it.
    pub partition: u16,
    /// How long an attempt lives without a sign of life.
    pub lease_ms: u64,
    /// How long an attempt that was cancelled or timed out may take to end before it is fenced off.
    pub cancel_grace_ms: u64,
}

impl Default for Settings {
    /// A lease of 15 s: three heartbeats of 5 s. A grace of 5 s.
    fn default() -> Self {
        Self { partition: 0, lease_ms: 15_000, cancel_grace_ms: 5_000 }
    }
}

/// The state machine of one partition.
#[derive(Debug)]
pub struct Engine {
    state: State,
    workers: Workers,
    settings: Settings,
    /// The latest instant seen: time does not go back here.
    now: Millis,
    /// Set when an effect did not fit: every batch from then on fails to seal.
    broken: Option<EvolveError>,
    planted: Planted,
    unseen: Vec<Effect>,
    /// Timers fired, so that a planted fault can lose some.
    fired: u64,
}

impl Engine {
    /// An engine that remembers nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut state = State::new(settings.partition);
        state.lease_ms = settings.lease_ms;
        Self {
            state,
            workers: Workers::default(),
            settings,
            now: Millis(0),
            broken: None,
            planted: Planted::default(),
            unseen: Vec::new(),
            fired: 0,
        }
    }

    /// Takes over a snapshot, before anything is replayed.
    ///
    /// # Errors
    /// When the bytes are not a whole snapshot of a known version.
    pub fn load_snapshot(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.state = State::read_snapshot(bytes)?;
        self.state.lease_ms = self.settings.lease_ms;
        Ok(())
    }

    /// Applies a logged batch.
    ///
    /// # Errors
    /// When the batch cannot be read, or does not fit what came before it.
    pub fn replay(&mut self, batch: &[u8]) -> Result<(), ReplayError> {
        self.state.replay(batch)
    }

    /// After the last [`replay`](Self::replay) and before the first command: leases start anew, and what was asked
    /// of running attempts is asked again.
    pub fn restored(&mut self, now: Millis, batch: &mut Batch) {
        self.now = self.now.max(now);
        let mut cx = self.decide(batch);
        cx.restart_leases();
        cx.repeat_cancellations();
        cx.shorten_backoffs();
    }

    /// Carries out one command: effects enter the state and the batch, outputs the batch. Never fails; whoever asked
    /// gets a [`Reply`](crate::Reply).
    pub fn apply(&mut self, command: Command, now: Millis, batch: &mut Batch) {
        self.now = self.now.max(now);
        self.see_last_batch(batch);
        if let Some(fault) = &self.broken {
            batch.fault = Some(fault.clone());
            return;
        }
        let mut fired = self.fired;
        let mut cx = self.decide(batch);
        match command {
            Command::SubmitJob(c) => c.apply(&mut cx),
            Command::PauseJob(c) => c.apply(&mut cx),
            Command::ResumeJob(c) => c.apply(&mut cx),
            Command::CancelJob(c) => c.apply(&mut cx),
            Command::RetryJob(c) => c.apply(&mut cx),
            Command::SetParams(c) => c.apply(&mut cx),
            Command::SetPolicy(c) => c.apply(&mut cx),
            Command::PurgeJobs(c) => c.apply(&mut cx),
            Command::NoteHistory(c) => c.apply(&mut cx),
            Command::WorkerJoined(c) => c.apply(&mut cx),
            Command::WorkerLeft(c) => c.apply(&mut cx),
            Command::GrantCredit(c) => c.apply(&mut cx),
            Command::Heartbeat(c) => c.apply(&mut cx),
            Command::ReportCheckpoint(c) => c.apply(&mut cx),
            Command::CompleteAttempt(c) => c.apply(&mut cx),
            Command::FailAttempt(c) => c.apply(&mut cx),
            Command::HandBack(c) => c.apply(&mut cx),
            Command::Tick(c) => c.apply(&mut cx, &mut fired),
            Command::AcquireOwnership(c) => c.apply(&mut cx),
        }
        cx.dispatch();
        self.fired = fired;
        self.broken.clone_from(&batch.fault);
    }

    /// When [`Tick`](crate::Tick) has something to do; it may be in the past.
    #[must_use]
    pub fn next_timer(&self) -> Option<Millis> {
        self.state.timers.next()
    }

    /// What it remembers.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Credit that a worker has left; 0 when it is not connected.
    #[must_use]
    pub fn credit(&self, worker: crate::WorkerId) -> u32 {
        self.workers.credit(worker)
    }

    /// Plants a fault, to prove that the checkers see it.
    #[cfg(feature = "planted-faults")]
    pub fn plant(&mut self, fault: crate::Fault) {
        self.planted = Planted { fault: Some(fault) };
    }

    fn decide<'a>(&'a mut self, batch: &'a mut Batch) -> Decide<'a> {
        Decide {
            state: &mut self.state,
            batch,
            workers: &mut self.workers,
            settings: &self.settings,
            now: self.now,
            planted: self.planted,
            unseen: &mut self.unseen,
        }
    }

    /// With the planted fault of a blind batch, a batch's effects enter the state when the next one begins.
    fn see_last_batch(&mut self, batch: &Batch) {
        if batch.is_empty() {
            for effect in std::mem::take(&mut self.unseen) {
                if let Err(fault) = self.state.evolve(effect) {
                    self.broken.get_or_insert(fault);
                }
            }
        }
    }
}

impl Decide<'_> {
    /// Every live attempt has a whole lease from now: its worker could not renew it while nobody owned the partition.
    fn restart_leases(&mut self) {
        let until = self.now.plus_ms(self.settings.lease_ms);
        let state = &mut *self.state;
        for (task, live) in &mut state.live {
            state.timers.unset(live.lease_timer, Timer::Lease(*task, live.fence));
            (live.lease_until, live.lease_timer) = (until, until);
            state.timers.set(until, Timer::Lease(*task, live.fence));
        }
    }

    fn repeat_cancellations(&mut self) {
        let jobs: Vec<_> = self.state.jobs.values().map(|j| (j.id, j.phase)).collect();
        for (job, phase) in jobs {
            match phase {
                JobPhase::Paused => self.cancel_live(job, CancelReason::Pause),
                JobPhase::Cancelling => self.cancel_live(job, CancelReason::Cancel),
                _ => {}
            }
        }
    }

    /// A clock that went back between two owners must not keep tasks waiting for longer than any back-off may be.
    fn shorten_backoffs(&mut self) {
        let latest = self.now.plus_ms(MAX_RETRY_AFTER_MS);
        let too_late = self.state.timers.iter().filter_map(|(at, timer)| match timer {
            Timer::Backoff(task) if *at > latest => Some(*task),
            _ => None,
        });
        for task in too_late.collect::<Vec<_>>() {
            self.emit(TaskReadied { task: task.into() });
        }
    }
}
