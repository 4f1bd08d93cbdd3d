//! What the engine itself costs: a job of 100,000 empty shards, leased and completed, effects encoded.
//!
//! Prints microseconds a shard, bytes of memory a task, bytes of log a shard, and the time of snapshot and replay.
//! Nothing is written to a disk.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dyeline_engine::{
    Batch, Command, CompleteAttempt, Engine, Fence, GrantCredit, JobId, JobSpec, Millis, NodeCounts,
    NodeDelta, Output, Progress, Settings, Shard, State, SubmitJob, TaskId, WorkerId, WorkerJoined,
    plan::{NodePolicy, Plan, Role, ShardSource, Source, Stage, StageNode},
};

const SHARDS: u32 = 100_000;
const WORKERS: u64 = 2;
/// Commands of one batch.
const BATCH: usize = 1_000;

fn stage(node: u32, role: Role, shards: ShardSource, source: Source) -> Stage {
    let node = StageNode {
        node,
        name: format!("node-{node}"),
        processor: "nothing".to_owned(),
        role,
        combine: false,
        merge: false,
        parent: None,
        sorted_by: None,
        policy: NodePolicy::default(),
    };
    Stage {
        name: node.name.clone(),
        group: "default".to_owned(),
        shards,
        source,
        nodes: vec![node],
        outputs: Vec::new(),
        atomic: false,
        policy: NodePolicy::default(),
    }
}

fn complete(task: TaskId, fence: Fence, shards: Vec<Shard>) -> Command {
    let counts = NodeCounts { read: 1, passed: 1, ..NodeCounts::default() };
    let node = u32::from(task.stage > 0);
    let progress =
        Progress { seq: 1, row: 1, counts: vec![NodeDelta { node, counts }], ..Progress::default() };
    Command::CompleteAttempt(CompleteAttempt {
        request: None,
        task,
        fence,
        progress,
        shards,
        result: Vec::new(),
    })
}

/// Resident memory in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Applies commands in batches and gathers the hand-outs.
struct Driver {
    engine: Engine,
    now: u64,
    logged: Vec<Vec<u8>>,
    spent: Duration,
}

impl Driver {
    fn apply(&mut self, commands: Vec<Command>) -> Vec<(WorkerId, TaskId, Fence)> {
        let start = Instant::now();
        self.now += 1;
        let mut batch = Batch::new();
        for command in commands {
            self.engine.apply(command, Millis(self.now), &mut batch);
        }
        let sealed = batch.seal();
        self.spent += start.elapsed();
        let Ok(sealed) = sealed else { return Vec::new() };
        self.logged.push(sealed.bytes);
        let outputs = sealed.outputs.into_iter();
        outputs
            .filter_map(|o| match o {
                Output::HandOut(out) => Some((out.worker, out.task, out.fence)),
                _ => None,
            })
            .collect()
    }
}

fn start(job: JobId) -> (Driver, Vec<(WorkerId, TaskId, Fence)>) {
    let plan = Plan {
        stages: vec![
            stage(0, Role::Splitter, ShardSource::Fixed(1), Source::Nothing),
            stage(1, Role::Loader, ShardSource::Split(0), Source::Shard),
        ],
    };
    let engine = Engine::new(Settings::default());
    let mut driver = Driver { engine, now: 1_790_000_000_000, logged: Vec::new(), spent: Duration::ZERO };
    let mut commands = Vec::new();
    for worker in (1..=WORKERS).map(WorkerId) {
        let group = "default".to_owned();
        let joined =
            WorkerJoined { request: None, worker, group, slots: 512, build: None, running: Vec::new() };
        commands.push(Command::WorkerJoined(joined));
        commands.push(Command::GrantCredit(GrantCredit { request: None, worker, credit: 512 }));
    }
    let spec = JobSpec { chain: "empty".to_owned(), plan, live_params: Arc::from([]), ..JobSpec::default() };
    commands.push(Command::SubmitJob(Box::new(SubmitJob { request: None, job, spec })));
    let out = driver.apply(commands);
    (driver, out)
}

fn main() {
    let job = JobId::new(1_790_000_000_000, 0, 1);
    let (mut driver, first) = start(job);
    let before = resident();
    let shards = (0..u64::from(SHARDS)).map(|i| Shard { bytes: i.to_le_bytes().into(), label: "".into() });
    let shards: Vec<_> = shards.collect();
    let mut out: Vec<_> = Vec::new();
    for (worker, task, fence) in first {
        let more = Command::GrantCredit(GrantCredit { request: None, worker, credit: 1 });
        out = driver.apply(vec![complete(task, fence, shards.clone()), more]);
    }
    let opened = driver.spent;
    let mut done = 0;
    while !out.is_empty() {
        let take = out.len().min(BATCH);
        let mut commands = Vec::with_capacity(2 * take);
        for (worker, task, fence) in out.drain(..take) {
            commands.push(complete(task, fence, Vec::new()));
            commands.push(Command::GrantCredit(GrantCredit { request: None, worker, credit: 1 }));
            done += 1;
        }
        let more = driver.apply(commands);
        out.extend(more);
    }
    let log: usize = driver.logged.iter().map(Vec::len).sum();
    println!("job {:?}, {done} shards", driver.engine.state().job(job).map(|j| j.phase()));
    println!("split and open     {:>8.2} ms", opened.as_secs_f64() * 1e3);
    println!(
        "lease and complete {:>8.2} us a shard",
        (driver.spent - opened).as_secs_f64() * 1e6 / f64::from(SHARDS)
    );
    println!("log                {:>8} B a shard", log / SHARDS as usize);
    println!(
        "memory             {:>8} B a task, the log of this run taken off",
        resident().saturating_sub(before + log as u64) / u64::from(SHARDS)
    );
    let begun = Instant::now();
    let mut bytes = Vec::new();
    driver.engine.state().write_snapshot(&mut |chunk| bytes.extend_from_slice(chunk));
    println!(
        "snapshot written   {:>8.2} ms, {} B a task",
        begun.elapsed().as_secs_f64() * 1e3,
        bytes.len() / SHARDS as usize
    );
    let begun = Instant::now();
    let read = State::read_snapshot(&bytes).map(|s| s.live_attempts());
    println!("snapshot read      {:>8.2} ms, {read:?}", begun.elapsed().as_secs_f64() * 1e3);
    let begun = Instant::now();
    let mut copy = State::new(0);
    let replayed = driver.logged.iter().try_for_each(|batch| copy.replay(batch));
    println!("log replayed       {:>8.2} ms, {replayed:?}", begun.elapsed().as_secs_f64() * 1e3);
    println!("digests agree      {}", copy.digest() == driver.engine.state().digest());
}
