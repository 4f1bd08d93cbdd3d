//! A rebuilt program goes on with the job of the one before, and the job's history says so.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use dyeline_tests::program::{Folder, wait_for};

const CHAIN: &str = r#"
[chain]
name   = "long"
policy = { checkpoint = "15ms" }

[nodes.split]
processor = "t-split"
rows      = 6_000
shards    = 2

[nodes.load]
processor = "t-load"
after     = "split"
seed      = 5
keys      = 300
sorted    = false
step      = 100

[nodes.slow]
processor  = "t-slow"
after      = "load"
per_second = 4_000

[nodes.write]
processor = "csv-write"
after     = "slow"
path      = "out"
"#;

/// A copy of the program that says it is another build, and does the same: the linker's build id begins with `mark`.
fn build(folder: &Folder, name: &str, mark: u8) -> PathBuf {
    let mut program = fs::read(env!("CARGO_BIN_EXE_testchains")).unwrap();
    let note = b"\x14\0\0\0\x03\0\0\0GNU\0";
    match program.windows(note.len()).position(|bytes| bytes == note) {
        Some(at) => program[at + note.len()] = mark,
        // A linker that writes none: the whole file counts.
        None => program.push(mark),
    }
    let path = folder.path(name);
    fs::write(&path, program).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The jobs, each as `status` has it for programs.
fn jobs(folder: &Folder) -> Vec<serde_json::Value> {
    let listed = folder.call(&["jobs", "--output", "json"]).unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let status = |job: &serde_json::Value| {
        let called = folder.call(&["status", job["job"].as_str().unwrap(), "--output", "json"]).unwrap();
        serde_json::from_str(&called.out).unwrap()
    };
    listed["jobs"].as_array().unwrap().iter().map(status).collect()
}

/// Launches the chain and kills the program once it has written something of the output.
fn launch_and_kill(folder: &Folder, program: &Path) {
    let before = written(folder);
    let mut child = folder.command_of(program, &["launch", "long.toml", "-q"]).spawn().unwrap();
    let ended = wait_for(&mut child, || written(folder) > before + 2).unwrap();
    assert_eq!(ended, None, "it is killed before it ends");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How many files there are below the output.
fn written(folder: &Folder) -> usize {
    let parts = fs::read_dir(folder.path("out")).into_iter().flatten().flatten();
    parts.map(|part| fs::read_dir(part.path()).map_or(1, Iterator::count)).sum()
}

#[test]
fn a_rebuilt_program_goes_on_and_is_noted_once() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("long.toml", CHAIN).unwrap();
    let (first, copy) = (build(&folder, "first", b'a'), build(&folder, "copy", b'a'));
    let second = build(&folder, "second", b'b');
    launch_and_kill(&folder, &first);
    launch_and_kill(&folder, &copy);
    assert_eq!(jobs(&folder)[0]["history"], serde_json::json!([]), "a copy is the same program");
    launch_and_kill(&folder, &second);
    let words = ["launch", "long.toml", "-q"];
    let ended = folder.called(folder.command_of(&second, &words).output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let jobs = jobs(&folder);
    assert_eq!(jobs.len(), 1, "all of them ran one job");
    let history: Vec<&str> =
        jobs[0]["history"].as_array().unwrap().iter().map(|n| n["text"].as_str().unwrap()).collect();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("[0-9a-f]{16} of [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC", "<id> of <time> UTC");
    settings.bind(|| {
        insta::assert_snapshot!(history.join("\n"), @"goes on with another build of the program: <id> of <time> UTC instead of <id> of <time> UTC");
    });
    let (to, from) = history[0].split_once("instead of").unwrap();
    let id = |text: &str| text.split_once(" of 2").unwrap().0.rsplit(' ').next().unwrap().to_owned();
    assert_ne!(id(to), id(from), "{history:?}");
    let shown = folder.call(&["status", jobs[0]["job"].as_str().unwrap()]).unwrap();
    assert!(shown.out.contains(history[0]), "people are shown it too: {}", shown.out);
}
