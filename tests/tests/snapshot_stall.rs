//! While a snapshot of a million tasks is made, the owner of the partition goes on; and one that fails is made later.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{
    path::Path,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use dyeline::{
    log::{
        AcquireError, Acquired, Apply, Batch, Completed, EmbeddedLog, EmbeddedOptions, InFlight,
        PartitionLog, Position, RestoreError, SnapshotError, SnapshotStore, Tail, TailError, Ticket,
        TrimError, Wake,
    },
    partition::{HandOff, JobEvents, Owner, OwnerSettings},
};
use dyeline_engine::{
    Answer, CancelReason, Command, Fence, HandOut, JobId, JobPhase, JobSpec, LiveParams, NoteHistory,
    Refusal, Settings, StageIx, State, SubmitJob, TaskId, WorkerId,
    limit::MAX_SHARDS,
    plan::{NodePolicy, Plan, Role, ShardSource, Source, Stage, StageNode},
};
use dyeline_processors::disk::os_disk;
use dyeline_tests::program::LIMIT;

/// Jobs of 100,000 tasks each.
const JOBS: u64 = 10;

/// How long the owner may be away.
const BOUND: Duration = Duration::from_millis(50);

/// Of so many snapshots one must disturb as little as it may: the machine has other work too.
const TRIES: usize = 20;

/// How far a snapshot is, and how far it may go.
#[derive(Default)]
struct Gate {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Clone, Copy, Default)]
struct Now {
    /// Snapshots that came to be written.
    written: usize,
    /// Snapshots that may be written.
    allowed: usize,
    /// Snapshots that fail, beginning with the first.
    failing: usize,
}

impl Gate {
    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&Now) -> bool) {
        let waited =
            self.changed.wait_timeout_while(self.now.lock().unwrap(), LIMIT, |now| !until(now)).unwrap();
        assert!(!waited.1.timed_out(), "a snapshot does not come on");
    }

    fn now(&self) -> Now {
        *self.now.lock().unwrap()
    }
}

/// A log whose snapshots are written when the gate says so.
struct GatedLog(EmbeddedLog, Arc<Gate>);

impl PartitionLog for GatedLog {
    fn acquire(&mut self) -> Result<Acquired, AcquireError> {
        self.0.acquire()
    }
    fn restore(&mut self, apply: &mut Apply<'_>) -> Result<Position, RestoreError> {
        self.0.restore(apply)
    }
    fn submit(&mut self, batch: Batch) -> Ticket {
        self.0.submit(batch)
    }
    fn completed(&mut self, wait: Duration) -> Option<Completed> {
        self.0.completed(wait)
    }
    fn in_flight(&self) -> InFlight {
        self.0.in_flight()
    }
    fn set_wake(&mut self, wake: Wake) {
        self.0.set_wake(wake);
    }
    fn tail(&self, from: Position) -> Result<Box<dyn Tail>, TailError> {
        self.0.tail(from)
    }
    fn snapshots(&self) -> Arc<dyn SnapshotStore> {
        Arc::new(GatedStore(self.0.snapshots(), Arc::clone(&self.1)))
    }
}

struct GatedStore(Arc<dyn SnapshotStore>, Arc<Gate>);

impl SnapshotStore for GatedStore {
    fn newest(&self) -> Result<Option<(Position, Vec<u8>)>, SnapshotError> {
        self.0.newest()
    }
    fn install(&self, at: Position, state: &[u8]) -> Result<(), SnapshotError> {
        let mut mine = 0;
        self.1.change(|now| {
            now.written += 1;
            mine = now.written;
        });
        self.1.wait(|now| now.allowed >= mine);
        if mine <= self.1.now().failing {
            return Err(SnapshotError::Full { path: "snapshot".into(), needed: state.len() as u64 });
        }
        self.0.install(at, state)
    }
    fn trim(&self, below: Position) -> Result<Position, TrimError> {
        self.0.trim(below)
    }
}

/// Nobody works here.
struct Nobody;

impl HandOff for Nobody {
    fn hand_out(&mut self, _: HandOut) {}
    fn cancel(&mut self, _: WorkerId, _: TaskId, _: Fence, _: CancelReason) {}
    fn refuse(&mut self, _: WorkerId, _: TaskId, _: Fence, _: Refusal) {}
    fn set_live(&mut self, _: WorkerId, _: TaskId, _: Fence, _: LiveParams) {}
}

impl JobEvents for Nobody {
    fn job_changed(&mut self, _: JobId, _: JobPhase) {}
    fn stage_ended(&mut self, _: JobId, _: StageIx) {}
    fn job_purged(&mut self, _: JobId) {}
}

/// As many tasks as a stage may have, all of them ready.
fn large() -> JobSpec {
    let node = StageNode {
        node: 0,
        name: "load".to_owned(),
        processor: "p".to_owned(),
        role: Role::Loader,
        combine: false,
        merge: false,
        parent: None,
        sorted_by: None,
        policy: NodePolicy::default(),
    };
    let stage = Stage {
        name: node.name.clone(),
        group: "g".to_owned(),
        shards: ShardSource::Fixed(MAX_SHARDS),
        source: Source::Nothing,
        nodes: vec![node],
        outputs: Vec::new(),
        atomic: false,
        policy: NodePolicy::default(),
    };
    JobSpec { plan: Plan { stages: vec![stage] }, ..JobSpec::default() }
}

/// Writes a line of history, durably.
fn note(owner: &Owner) {
    let make = |request| {
        let text = "a line".to_owned();
        Command::NoteHistory(NoteHistory { request: Some(request), job: JobId(1), text })
    };
    assert_eq!(owner.inbox().request(LIMIT, make).unwrap(), Answer::Done);
}

/// The state as bytes, to compare.
fn digest(state: &State) -> Vec<u8> {
    let mut bytes = Vec::new();
    state.write_snapshot(&mut |part| bytes.extend_from_slice(part));
    bytes
}

/// What one snapshot of the whole state takes.
fn whole(state: &State) -> Duration {
    let began = Instant::now();
    let bytes = digest(state);
    assert!(bytes.len() > 1 << 20, "the state is large: {} bytes", bytes.len());
    began.elapsed()
}

/// An owner that makes a snapshot after every batch, as the gate lets it.
fn start(folder: &Path, gate: &Arc<Gate>) -> Owner {
    let log = EmbeddedLog::new(os_disk(), folder.join("log"), EmbeddedOptions::default());
    let settings = OwnerSettings { engine: Settings::default(), snapshot_every: Some(1) };
    let log = Box::new(GatedLog(log, Arc::clone(gate)));
    Owner::start(log, settings, Box::new(Nobody), Box::new(Nobody)).unwrap().owner
}

fn submit(owner: &Owner, job: u64) {
    let make = move |request| {
        let (request, job) = (Some(request), JobId(job.into()));
        Command::SubmitJob(Box::new(SubmitJob { request, job, spec: large() }))
    };
    owner.inbox().request(LIMIT, make).unwrap();
}

#[test]
fn a_snapshot_that_fails_is_made_later_and_holds_all() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    gate.change(|now| (now.allowed, now.failing) = (usize::MAX, 2));
    let owner = start(folder.path(), &gate);
    submit(&owner, 1);
    gate.wait(|now| now.written >= 1);
    note(&owner);
    gate.wait(|now| now.written >= 3);
    let lives = owner.inbox().read(digest).unwrap();
    owner.end().unwrap();

    let mut log = EmbeddedLog::new(os_disk(), folder.path().join("log"), EmbeddedOptions::default());
    log.acquire().unwrap();
    let (_, bytes) = log.snapshots().newest().unwrap().expect("the third try came to its end");
    assert_eq!(digest(&State::read_snapshot(&bytes).unwrap()), lives);
}

#[test]
fn the_owner_goes_on_while_a_snapshot_is_made_and_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    let owner = start(folder.path(), &gate);
    (1..=JOBS).for_each(|job| submit(&owner, job));
    let mut least = Duration::MAX;
    for _ in 0..TRIES {
        // The one that is under way may lack some jobs; the next one has them all.
        let written = gate.now().written;
        gate.change(|now| now.allowed = now.allowed.max(written));
        note(&owner);
        gate.wait(|now| now.written > written);
        gate.change(|now| now.allowed = written + 1);
        note(&owner);
        let mut longest = Duration::ZERO;
        while gate.now().written < written + 2 {
            let began = Instant::now();
            owner.inbox().read(|_| ()).unwrap();
            longest = longest.max(began.elapsed());
        }
        least = least.min(longest);
        // It is made, and waits to be written: whoever waited for that would not answer now.
        (0..20).for_each(|_| note(&owner));
        assert_eq!(gate.now().written, written + 2, "it is still not written");
        gate.change(|now| now.allowed = written + 2);
        if least < BOUND {
            break;
        }
    }
    let whole = owner.inbox().read(whole).unwrap();
    println!("a snapshot in one go takes {whole:?}; the owner was away for {least:?}");
    assert!(least < BOUND, "the owner was away for {least:?}");
    assert!(least < whole / 2, "the owner was away for {least:?}, and a snapshot in one go takes {whole:?}");
    gate.change(|now| now.allowed = usize::MAX);
    owner.end().unwrap();
}
