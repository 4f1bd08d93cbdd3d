//! A job that is killed or asked to end again and again gives the same bytes as one that nobody disturbs.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use dyeline::{
    control::{Answer, Request, connect},
    host::DataDir,
    view::{JobDocument, JobStatus, StageStatus},
};
use dyeline_tests::{
    disk::Random,
    program::{Folder, wait_for},
};
use rustix::process::Signal;

const ROWS: u64 = 96_000;
const INTERRUPTED: i32 = 3;

/// Two seconds of work for two slots: rows are held up before an exchange, and the sums in it.
const CHAIN: &str = r#"
[chain]
name   = "throttled"
policy = { checkpoint = "15ms" }

[nodes.split]
processor = "t-split"
rows      = 96_000
shards    = 6

[nodes.load]
processor = "t-load"
after     = "split"
seed      = 5
keys      = 3_000
sorted    = false
step      = 1_024

[nodes.slow]
processor  = "t-slow"
after      = "load"
per_second = 32_000

[nodes.running]
processor = "t-running"
after     = "slow"

[nodes.items]
processor = "csv-write"
after     = "running"
path      = "out/items"

[nodes.sum]
processor = "t-sum"
after     = "slow"
exchange  = { by = "key", shards = 4 }

[nodes.slow-sums]
processor  = "t-slow"
after      = "sum"
per_second = 2_000

[nodes.sums]
processor = "jsonl-write"
after     = "slow-sums"
path      = "out/sums"

[nodes.all]
processor = "t-fold-saved"
after     = "slow-sums"

[nodes.total]
processor = "jsonl-write"
after     = "all"
path      = "out/total"
"#;

const LAUNCH: [&str; 4] = ["launch", "throttled.toml", "--output", "json"];

fn folder() -> Folder {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("throttled.toml", CHAIN).unwrap();
    folder.put("dyeline.toml", "[workers]\nslots = 2\n").unwrap();
    folder
}

/// What is there at the end: the files of each sink in their order, and counts by node.
#[derive(Debug, PartialEq)]
struct Left {
    items: Vec<String>,
    sums: Vec<String>,
    total: Vec<String>,
    counts: Vec<(String, [u64; 6])>,
}

fn left(folder: &Folder, document: &str) -> Left {
    let document: JobDocument = serde_json::from_str(document).unwrap();
    let counts = document.nodes.iter().map(|(name, n)| {
        assert_eq!(n.read, n.passed + n.filtered + n.skipped + n.dead_lettered, "{name} reconciles");
        (name.to_owned(), [n.read, n.passed, n.filtered, n.skipped, n.dead_lettered, n.emitted])
    });
    let counts = counts.collect();
    let files = |sink| folder.files(sink).unwrap();
    Left { items: files("out/items"), sums: files("out/sums"), total: files("out/total"), counts }
}

/// Runs the launch command to its end.
fn to_the_end(folder: &Folder) -> Left {
    let called = folder.call(&LAUNCH).unwrap();
    assert_eq!(called.code, Some(0), "{called:?}");
    left(folder, &called.out)
}

fn undisturbed() -> &'static Left {
    static LEFT: OnceLock<Left> = OnceLock::new();
    LEFT.get_or_init(|| {
        let left = to_the_end(&folder());
        // Some notes have several lines.
        let lines: usize = left.items.iter().map(|file| file.lines().count()).sum();
        assert!(lines as u64 >= ROWS, "all rows are there");
        let files = [left.items.len(), left.sums.len(), left.total.len()];
        assert_eq!(files, [6, 4, 1], "a file for each shard of a sink, whatever its checkpoints were");
        left
    })
}

/// What a running launch says of itself; `None` before it listens.
fn status(folder: &Folder) -> Option<JobStatus> {
    let mut client = connect(&DataDir::new(folder.path(".dyeline")))?;
    match client.call(&Request::Status { jobs: Vec::new() }).ok()? {
        Answer::Status(mut jobs) => jobs.pop(),
        _ => None,
    }
}

/// Rows that are behind a checkpoint: those of the source, and the sums.
fn rows(status: &JobStatus) -> u64 {
    ["load", "slow-sums"].iter().filter_map(|node| status.nodes.get(node)).map(|n| n.read).sum()
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn send(child: &Child, signal: Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), signal).unwrap();
}

/// Launches, sends a signal once `when` says so of the job's status and of its first one, and returns the exit code.
fn interrupt(
    folder: &Folder,
    signal: Signal,
    mut when: impl FnMut(&JobStatus, &JobStatus) -> bool,
) -> Option<i32> {
    let mut child = start(folder.command(&LAUNCH));
    let mut first = None;
    let ended = wait_for(&mut child, || {
        let Some(now) = status(folder) else { return false };
        when(&now, first.get_or_insert_with(|| now.clone()))
    });
    assert_eq!(ended.unwrap(), None, "the job ended before it was to be interrupted");
    send(&child, signal);
    child.wait().unwrap().code()
}

/// Ten interruptions at drawn rows, each after a new checkpoint; then a run to the end.
fn interrupted(signal: Signal, code: Option<i32>, seed: u64) -> Left {
    let folder = folder();
    let mut random = Random::new(seed);
    let mut points: Vec<u64> = (0..10).map(|_| ROWS / 50 + random.below(ROWS * 28 / 50)).collect();
    points.sort_unstable();
    for point in points {
        let at = |now: &JobStatus, first: &JobStatus| rows(now) >= point && rows(now) > rows(first);
        assert_eq!(interrupt(&folder, signal, at), code, "at row {point}");
    }
    to_the_end(&folder)
}

#[test]
fn ten_kills_at_drawn_rows_leave_the_same_bytes() {
    assert_eq!(&interrupted(Signal::KILL, None, 1), undisturbed());
}

#[test]
fn ten_terminations_at_drawn_rows_leave_the_same_bytes() {
    assert_eq!(&interrupted(Signal::TERM, Some(INTERRUPTED), 2), undisturbed());
}

/// The stage that a node begins.
fn stage<'a>(status: &'a JobStatus, node: &str) -> &'a StageStatus {
    status.stages.iter().find(|s| s.nodes.first().is_some_and(|n| n == node)).unwrap()
}

#[test]
fn kills_while_the_exchange_is_closed_and_in_the_reduce_leave_the_same_bytes() {
    let folder = folder();
    for shards in [1, 2, 4] {
        let closing = |now: &JobStatus, _: &JobStatus| {
            let load = stage(now, "load");
            load.tasks.succeeded >= shards && !load.is_ended()
        };
        assert_eq!(interrupt(&folder, Signal::KILL, closing), None);
    }
    let summing = |now: &JobStatus, _: &JobStatus| stage(now, "sum").live > 0;
    assert_eq!(interrupt(&folder, Signal::KILL, summing), None);
    let halfway = |now: &JobStatus, _: &JobStatus| (1..4).contains(&stage(now, "sum").tasks.succeeded);
    assert_eq!(interrupt(&folder, Signal::KILL, halfway), None);
    assert_eq!(&to_the_end(&folder), undisturbed());
}

/// Traces a running process so that it is killed when one of its threads renames a file for the so many-th time.
fn kill_at_rename(child: &Child, at: u32) -> Child {
    let inject = format!("inject=rename,renameat,renameat2:signal=KILL:when={at}");
    let pid = child.id().to_string();
    let mut strace = Command::new(STRACE);
    strace.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=rename,renameat,renameat2",
        "-e",
        &inject,
        "-p",
        &pid,
    ]);
    start(strace)
}

const STRACE: &str = "/usr/bin/strace";

#[test]
fn kills_at_the_rename_of_a_manifest_leave_the_same_bytes() {
    if !Path::new(STRACE).exists() {
        println!("there is no strace here: nothing was killed at a system call");
        return;
    }
    let sinks = ["items", "sums", "total"];
    // While the sums are made, the log and the socket have their names: the next to be renamed are manifests. Of three
    // that two threads rename, one thread has renamed one when it comes to another.
    for (at, renamed) in [(1, 0..=0), (2, 1..=2)] {
        let folder = folder();
        let mut child = start(folder.command(&LAUNCH));
        let summing = wait_for(&mut child, || status(&folder).is_some_and(|now| stage(&now, "sum").live > 0));
        assert_eq!(summing.unwrap(), None);
        let mut strace = kill_at_rename(&child, at);
        let ended = wait_for(&mut child, || false).unwrap().unwrap();
        strace.wait().unwrap();
        assert_eq!(ended.code(), None, "it was killed at a rename");
        let there = sinks.iter().filter(|s| folder.path(&format!("out/{s}/manifest.json")).exists()).count();
        assert!(renamed.contains(&there), "{there} manifests at rename {at}");
        assert_eq!(&to_the_end(&folder), undisturbed());
    }
}

#[test]
fn a_second_interrupt_stops_at_once_what_does_not_listen() {
    let folder = folder();
    // It sleeps for eight seconds, whatever it is told, in the first attempt at a shard.
    let chain = CHAIN.replace(
        "[nodes.running]\nprocessor = \"t-running\"\nafter     = \"slow\"\n",
        "[nodes.hang]\nprocessor = \"t-hang\"\nafter = \"slow\"\nshard = 0\ndeaf = true\n\n\
         [nodes.running]\nprocessor = \"t-running\"\nafter = \"hang\"\n",
    );
    assert!(chain.contains("t-hang"));
    folder.put("throttled.toml", &chain).unwrap();
    let mut child = start(folder.command(&LAUNCH));
    let begun = wait_for(&mut child, || status(&folder).is_some_and(|s| rows(&s) > 0)).unwrap();
    assert_eq!(begun, None);
    let began = Instant::now();
    send(&child, Signal::INT);
    // What listens has handed back; the process waits for what does not.
    let waits = wait_for(&mut child, || began.elapsed() > Duration::from_millis(300)).unwrap();
    assert_eq!(waits, None, "the first one waits for a checkpoint");
    send(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(INTERRUPTED));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let left = to_the_end(&folder);
    let reference = undisturbed();
    assert_eq!((&left.items, &left.sums, &left.total), (&reference.items, &reference.sums, &reference.total));
}
