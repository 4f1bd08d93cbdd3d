//! A disk without room, wherever it runs out: the job stops with a clear message, loses nothing, and goes on once there
//! is room.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test ends with what it found")]

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use dyeline_tests::{
    chains::{Found, check, draw, evaluate, play_on_full_disk},
    program::{Folder, wait_for},
};
use rustix::process::{Pid, Signal, kill_process};

/// Plays a chain with less and less missing, and returns what was said.
fn sweep(seed: u64, quotas: impl Iterator<Item = u64>) -> Vec<String> {
    let mut drawn = draw(seed);
    drawn.crashes.clear();
    let expected = evaluate(&drawn);
    let mut all = Vec::new();
    for quota in quotas {
        let found = |what: String| Found::new(seed, format!("with room for {quota} bytes: {what}"));
        let (said, played) = play_on_full_disk(&drawn, quota).unwrap_or_else(|e| panic!("{}", found(e)));
        check(&drawn, &expected, &played).unwrap_or_else(|e| panic!("with room for {quota} bytes: {e}"));
        all.extend(said);
    }
    all
}

#[test]
fn wherever_the_room_ends_the_job_says_so_and_ends_well_later() {
    let mut said = Vec::new();
    for seed in [9, 12, 37, 84, 110] {
        // The log's first segment takes 256 KiB; the rest is for spool and output.
        said.extend(sweep(seed, [1_000, 100_000].into_iter()));
        said.extend(sweep(seed, (0..24).map(|n| 262_144 + n * n * 600)));
    }
    said.sort();
    said.dedup();
    let about = |what: &str| said.iter().filter(|text| text.contains(what)).count();
    assert!(about("/data/log") > 0, "the log was never full");
    assert!(about("/data/spool") > 0, "the spool was never full");
    assert!(about("/out/") > 0, "no sink was ever full");
}

const CHAIN: &str = r#"
[chain]
name = "large"

[params]
out = { type = "path", default = "small/out" }

[nodes.split]
processor = "t-split"
rows      = 60_000
shards    = 6

[nodes.load]
processor = "t-load"
after     = "split"
seed      = 5
keys      = 300
sorted    = false
step      = 1_024

[nodes.items]
processor = "csv-write"
after     = "load"
path      = "{out}"
"#;

fn mount(words: &[&str], at: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o"]).args(words).arg("tmpfs").arg(at);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Gives the folder's disk back, also when a test fails.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // If it cannot be unmounted it goes with the machine.
        let _ = Command::new("umount").args(["--lazy"]).arg(self.0).status();
    }
}

/// A program that runs, and what it says.
struct Running {
    child: Child,
    said: PathBuf,
}

impl Running {
    fn start(folder: &Folder, words: &[&str]) -> Self {
        let said = folder.path("said");
        let mut command = folder.command(words);
        command.stderr(File::create(&said).unwrap()).stdout(Stdio::null());
        Self { child: command.spawn().unwrap(), said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    /// Waits until it says that it waits for room, or ends: its code then.
    fn waits_or_ends(&mut self) -> Option<Option<i32>> {
        let said = self.said.clone();
        let waits = || std::fs::read_to_string(&said).is_ok_and(|text| text.contains("the job waits"));
        wait_for(&mut self.child, waits).unwrap().map(|status| status.code())
    }

    fn end(&mut self) -> Option<i32> {
        wait_for(&mut self.child, || false).unwrap().unwrap().code()
    }
}

/// The chain in so many tasks that they fill the log's first segment; no second one fits a disk of 300 KB.
fn many_tasks() -> String {
    CHAIN.replace("shards    = 6", "shards = 2_000")
}

/// A folder with the chain, and a small disk in it.
fn small_disk(size: &str) -> Option<Folder> {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("large.toml", CHAIN).unwrap();
    let small = folder.path("small");
    std::fs::create_dir(&small).unwrap();
    if mount(&[size], &small) {
        return Some(folder);
    }
    println!("no small disk can be made here: mounting needs the right to do so");
    None
}

/// What the chain writes where there is room.
fn reference(folder: &Folder) -> Vec<String> {
    let words = ["launch", "large.toml", "--data", "other", "--param", "out=reference", "-q"];
    assert_eq!(folder.call(&words).unwrap().code, Some(0));
    folder.files("reference").unwrap()
}

#[test]
fn a_program_on_a_small_disk_says_so_and_goes_on_when_there_is_room() {
    let Some(folder) = small_disk("size=900k") else { return };
    let small = folder.path("small");
    let _mounted = Mounted(&small);
    let launch = ["launch", "large.toml", "--data", "small/data", "-q"];
    for _ in 0..2 {
        let mut running = Running::start(&folder, &launch);
        // Which of them needs more room first, the log or an output, is a matter of chance.
        let code = running.waits_or_ends().unwrap_or_else(|| {
            kill_process(pid(&running.child), Signal::TERM).unwrap();
            running.end().filter(|code| *code == 3).map(|_| 4)
        });
        let said = running.said();
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("no room left") || said.contains("no space"), "{said}");
        assert!(!folder.path("small/out/manifest.json").exists());
    }
    assert!(mount(&["remount,size=64m"], &small));
    let ended = folder.call(&launch).unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(folder.files("small/out").unwrap(), reference(&folder));
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

#[test]
fn a_full_log_pauses_the_job_in_place_and_a_signal_ends_it_meanwhile() {
    let Some(folder) = small_disk("size=300k") else { return };
    let small = folder.path("small");
    let _mounted = Mounted(&small);
    folder.put("large.toml", &many_tasks()).unwrap();
    let launch = ["launch", "large.toml", "--data", "small/data", "--param", "out=out", "-q"];

    let mut stopped = Running::start(&folder, &launch);
    assert_eq!(stopped.waits_or_ends(), None, "{}", stopped.said());
    let status = folder.call(&["status", "--data", "small/data"]).unwrap();
    assert!(status.out.contains("no space for the log at "), "others are told too: {status:?}");
    kill_process(pid(&stopped.child), Signal::TERM).unwrap();
    assert_eq!(stopped.end(), Some(3), "{}", stopped.said());
    assert_eq!(stopped.said().matches("no space for the log at ").count(), 1, "{}", stopped.said());

    let mut waiting = Running::start(&folder, &launch);
    // The folder may be so full that not even its owner can be written down.
    match waiting.waits_or_ends() {
        None => {
            assert!(mount(&["remount,size=64m"], &small));
            assert_eq!(waiting.end(), Some(0), "{}", waiting.said());
        }
        code => {
            assert_eq!(code, Some(Some(4)), "{}", waiting.said());
            assert!(mount(&["remount,size=64m"], &small));
            assert_eq!(folder.call(&launch).unwrap().code, Some(0));
        }
    }
    let jobs = folder.call(&["jobs", "--data", "small/data", "--output", "json"]).unwrap();
    assert_eq!(jobs.out.matches("\"job\":").count(), 1, "the same job went on: {jobs:?}");
    assert_eq!(folder.files("out").unwrap(), reference(&folder));
}

#[test]
fn the_same_process_goes_on_once_the_log_has_room() {
    let Some(folder) = small_disk("size=300k") else { return };
    let small = folder.path("small");
    let _mounted = Mounted(&small);
    folder.put("large.toml", &many_tasks()).unwrap();
    let mut running =
        Running::start(&folder, &["launch", "large.toml", "--data", "small/data", "--param", "out=out"]);
    assert_eq!(running.waits_or_ends(), None, "{}", running.said());
    assert!(mount(&["remount,size=64m"], &small));
    assert_eq!(running.end(), Some(0), "{}", running.said());
    assert!(running.said().contains("there is room again: the job goes on"), "{}", running.said());
    assert_eq!(folder.files("out").unwrap(), reference(&folder));
}
