//! A disk without room, wherever it runs out: the job stops with a clear message, loses nothing, and goes on once there
//! is room.
#![expect(clippy::panic, reason = "a test ends with what it found")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use dyeline_tests::{
    chains::{Found, check, draw, evaluate, play_on_full_disk},
    program::Folder,
};

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

#[test]
fn a_program_on_a_small_disk_ends_with_code_4_and_goes_on_when_there_is_room() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("large.toml", CHAIN).unwrap();
    let small = folder.path("small");
    std::fs::create_dir(&small).unwrap();
    if !mount(&["size=900k"], &small) {
        println!("no small disk can be made here: mounting needs the right to do so");
        return;
    }
    let _mounted = Mounted(&small);
    let launch = ["launch", "large.toml", "--data", "small/data", "-q"];
    for _ in 0..2 {
        let full = folder.call(&launch).unwrap();
        assert_eq!(full.code, Some(4), "{full:?}");
        assert!(full.err.contains("no room left") || full.err.contains("no space"), "{full:?}");
        assert!(!folder.path("small/out/manifest.json").exists());
    }
    assert!(mount(&["remount,size=64m"], &small));
    let ended = folder.call(&launch).unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let words = ["launch", "large.toml", "--data", "other", "--param", "out=reference", "-q"];
    assert_eq!(folder.call(&words).unwrap().code, Some(0));
    assert_eq!(folder.files("small/out").unwrap(), folder.files("reference").unwrap());
}
