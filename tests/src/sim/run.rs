//! Playing one seed from its first event to the last job's end.

use std::{collections::BTreeMap, fmt};

use dyeline_engine::{
    Command, Engine, Fault, Gate, JobId, JobPhase, PauseJob, ResumeJob, RetryJob, TaskPhase, invariant,
};

use super::{
    Coverage, Rng, client,
    log::Log,
    model::{Broken, MJob, Model, broken},
    world::{Event, World},
};

/// What to play.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where all chance comes from.
    pub seed: u64,
    /// Events before everything heals.
    pub events: u64,
    /// A fault to be found.
    pub fault: Option<Fault>,
    /// Prints every event.
    pub verbose: bool,
}

/// A seed that was played to its end without a finding.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What occurred.
    pub coverage: Coverage,
    /// Events in all, with those of healing.
    pub events: u64,
    /// Jobs that were submitted.
    pub jobs: u64,
}

/// A promise that was broken, with the command that shows it again.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was played.
    pub options: Options,
    /// The event after which it was seen.
    pub event: u64,
    /// The invariant's id.
    pub invariant: &'static str,
    /// How it was broken.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { seed, events, fault, .. } = self.options;
        writeln!(f, "seed {seed}, event {}: {} is broken: {}", self.event, self.invariant, self.what)?;
        write!(
            f,
            "replay: cargo run --release -p dyeline-tests --bin sim -- --seed {seed} --events {events}"
        )?;
        fault.map_or(Ok(()), |fault| write!(f, " --fault {fault:?}"))
    }
}

/// Virtual milliseconds that healing may take.
const HEALING_MS: u64 = 3_600_000;

/// Plays a seed.
///
/// # Errors
/// The first promise that was broken.
pub fn run(options: Options) -> Result<Summary, Box<Finding>> {
    let mut world = World::new(options);
    let mut events = 0;
    match world.play(&mut events) {
        Ok(()) => Ok(Summary { coverage: world.coverage, events, jobs: world.submitted }),
        Err(Broken { invariant, what }) => {
            Err(Box::new(Finding { options, event: events, invariant: invariant.id, what }))
        }
    }
}

/// Whether a job is in a phase that passes quickly, or is about to end.
fn suits(job: &MJob) -> bool {
    let last = |j: &MJob| j.stages.iter().all(Option::is_some) && j.live() > 0 && j.waiting() == 0;
    match job.phase {
        JobPhase::Failing | JobPhase::Failed => true,
        JobPhase::Succeeded => job.any(TaskPhase::Failed),
        JobPhase::Running => last(job),
        _ => false,
    }
}

impl World {
    fn new(options: Options) -> Self {
        let mut rng = Rng::new(options.seed);
        let embedded = rng.chance(50);
        let mut world = Self {
            options,
            rng,
            now: 0,
            skew: 0,
            furthest: 0,
            queue: BTreeMap::new(),
            order: 0,
            engine: None::<Engine>,
            gate: Gate::new(),
            log: Log::default(),
            inbox: Default::default(),
            stepping: false,
            committing: false,
            epoch: 0,
            embedded,
            workers: BTreeMap::new(),
            next_worker: 0,
            next_request: 0,
            askers: BTreeMap::new(),
            jobs: Vec::new(),
            submitted: 0,
            model: Model::default(),
            coverage: Coverage::default(),
            healing: false,
        };
        world.at(0, Event::Restart);
        world.at(1, Event::Trouble);
        world.at(2, Event::Client);
        world
    }

    fn play(&mut self, events: &mut u64) -> Result<(), Broken> {
        while *events < self.options.events {
            self.next(events)?;
        }
        self.heal();
        let limit = self.now + HEALING_MS;
        let mut look = self.now;
        while self.now < limit {
            self.next(events)?;
            if self.now >= look {
                look = self.now + 1_000;
                if self.settled() {
                    return self.last_checks(events);
                }
                self.unpause();
            }
        }
        let open: Vec<_> =
            self.model.jobs.values().filter(|j| !j.phase.is_terminal()).map(|j| j.describe()).collect();
        broken(
            invariant::NO_STALL,
            format!("an hour after healing, jobs have not ended: {}", open.join("; ")),
        )
    }

    fn next(&mut self, events: &mut u64) -> Result<(), Broken> {
        let Some(((at, _), event)) = self.queue.pop_first() else {
            self.at(10, Event::Trouble);
            return Ok(());
        };
        *events += 1;
        self.now = self.now.max(at);
        if self.options.verbose {
            println!("{events} {} {event:?}", self.now);
        }
        match event {
            Event::Arrive(command) => self.arrive(command),
            Event::Step => self.step()?,
            Event::Commit => self.commit()?,
            Event::Wake => self.wake(),
            Event::Restart => self.restart()?,
            Event::Deliver(worker, output) => self.deliver(worker, output)?,
            Event::Attempt(worker, task, fence, number) => self.attempt(worker, task, fence, number),
            Event::Beat(worker) => self.beat(worker),
            Event::Join(worker) => self.join(worker),
            Event::Client => self.client(),
            Event::Trouble => self.make_trouble()?,
        }
        Ok(())
    }

    /// A client submits a job or interferes with some.
    fn client(&mut self) {
        if self.healing {
            return;
        }
        self.suit();
        let open = self.model.jobs.values().filter(|j| !j.phase.is_terminal()).count();
        if open < 7 && self.rng.chance(60) {
            let request = self.request();
            self.submitted += 1;
            let clock = self.clock().0;
            let (job, command) = client::submit(request, self.submitted, clock, &mut self.rng);
            self.jobs.push(job);
            self.network(command);
        } else if let Some(job) = self.rng.pick(&self.known()).copied() {
            let conflicting = if self.rng.chance(30) { 3 } else { 1 };
            for _ in 0..conflicting {
                let request = self.request();
                let command = client::interfere(request, job, &mut self.rng);
                self.at(5, Event::Arrive(command));
            }
        }
        let delay = self.rng.between(5, 120);
        self.at(delay, Event::Client);
    }

    /// Does what suits a job in a phase that passes quickly.
    fn suit(&mut self) {
        let suited = self.model.jobs.iter().filter(|(_, j)| suits(j));
        let suited: Vec<_> = suited.map(|(id, j)| (*id, j.phase, j.any(TaskPhase::Backoff))).collect();
        let urgent = |(_, phase, backoff): &&(JobId, JobPhase, bool)| *phase == JobPhase::Failed && *backoff;
        let chosen = suited.iter().find(urgent).or_else(|| self.rng.pick(&suited)).copied();
        let Some((job, phase, backoff)) = chosen else { return };
        let request = self.request();
        if phase == JobPhase::Failed && backoff && self.rng.chance(80) {
            let request = Some(request);
            self.network(Command::RetryJob(RetryJob { request, job, failed_only: false }));
        } else if self.rng.chance(40) {
            let command = client::suit(request, job, phase, &mut self.rng);
            self.network(command);
        }
    }

    /// Jobs that clients may know: the last ones they submitted.
    fn known(&self) -> Vec<JobId> {
        let recent = self.jobs.iter().rev().take(40);
        let mut known: Vec<_> = recent.filter(|id| self.model.jobs.contains_key(id)).copied().collect();
        known.extend(self.jobs.last());
        known
    }

    /// From here on nothing goes wrong.
    fn heal(&mut self) {
        self.healing = true;
        // Due times are instants: a clock that went back is put right.
        self.skew = self.furthest;
        for worker in self.workers.values_mut() {
            worker.silent_until = 0;
            worker.draining = false;
        }
        self.at(1, Event::Restart);
        let workers: Vec<_> = self.workers.keys().copied().collect();
        for worker in workers {
            self.at(3, Event::Join(worker));
        }
        for _ in 0..4 {
            self.spawn();
        }
        // One of a paused job is enough to see that a pause is kept until it is lifted.
        if let Some(job) = self.known().first().copied() {
            let request = Some(self.request());
            self.at(2, Event::Arrive(Command::PauseJob(PauseJob { request, job, reason: String::new() })));
        }
    }

    fn unpause(&mut self) {
        let paused = |phase| phase == JobPhase::Paused;
        let jobs: Vec<_> =
            self.model.jobs.iter().filter(|(_, j)| paused(j.phase)).map(|(id, _)| *id).collect();
        for job in jobs {
            let request = Some(self.request());
            self.at(1, Event::Arrive(Command::ResumeJob(ResumeJob { request, job })));
        }
    }

    fn settled(&self) -> bool {
        let ended = self.model.jobs.values().all(|j| j.phase.is_terminal());
        ended
            && self.engine.is_some()
            && self.inbox.is_empty()
            && self.log.pending.is_empty()
            && self.gate.is_empty()
    }

    /// When all has ended: sums, invariants, and a week later nothing is left.
    fn last_checks(&mut self, events: &mut u64) -> Result<(), Broken> {
        self.check_now()?;
        self.skew += 9 * 24 * 3_600_000;
        let until = self.now + 20_000;
        self.at(20_000, Event::Wake);
        while self.now < until {
            self.wake();
            self.next(events)?;
        }
        self.check_now()?;
        let Some(engine) = &self.engine else { return Ok(()) };
        let left = engine.state().jobs().count();
        if left > 0 {
            return broken(invariant::NO_STALL, format!("{left} jobs are kept for longer than they asked"));
        }
        Ok(())
    }

    fn check_now(&self) -> Result<(), Broken> {
        let Some(engine) = &self.engine else { return Ok(()) };
        if self.log.pending.is_empty() {
            self.model.compare(engine)?;
        }
        invariant::check(engine.state()).map_err(|v| Broken { invariant: v.invariant, what: v.what })
    }
}
