//! Plain tasks: accepted once, run, and not run again once they have succeeded.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use dyeline::{
    builtin::Number,
    cli::{Exit, run},
    control::{Answer, Reach, Request},
    host::DataDir,
    prelude::*,
    view::JobLine,
};
use dyeline_engine::JobPhase;

use crate::stage::options;

/// How often the processor below has seen an item.
static SEEN: AtomicU64 = AtomicU64::new(0);

/// Fails for 13 unless it is told not to.
#[derive(Processor)]
#[processor(name = "double", input = Number, output = Number)]
struct Double {
    /// Whether 13 is as good as any
    #[param(default = false)]
    brave: bool,
}

impl Process for Double {
    fn process(&mut self, item: Number, out: &mut Emitter<Number>, _: &Context) -> Result<()> {
        SEEN.fetch_add(1, Ordering::Relaxed);
        if item.value == 13 && !self.brave {
            return Err(Error::fatal("13 brings bad luck"));
        }
        out.emit(Number { value: 2 * item.value });
        Ok(())
    }
}

fn submit(folder: &Path, words: &[&str]) -> Exit {
    let data = folder.join("data");
    let always = ["tasks", "submit", "double", "-q", "--data", data.to_str().unwrap()];
    run(always.iter().chain(words).map(ToString::to_string))
}

fn jobs(folder: &Path) -> Vec<JobLine> {
    let Answer::Jobs(lines) =
        Reach::new(DataDir::new(folder.join("data")), options()).call(&Request::Jobs).unwrap()
    else {
        panic!("jobs")
    };
    lines
}

fn written(folder: &Path, task: &str) -> String {
    let out = folder.join("out").join(task);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    files.map(|file| fs::read_to_string(out.join(file["path"].as_str().unwrap())).unwrap()).collect()
}

/// One test, since the count of what was seen is the process's.
#[test]
fn tasks_run_once_and_those_that_failed_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (file, out) = (folder.join("tasks.jsonl"), folder.join("out"));
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let tasks = "{\"id\":\"a\",\"input\":{\"value\":1}}\n{\"id\":\"b\",\"input\":{\"value\":13}}\n\
                 {\"id\":\"c\",\"input\":[{\"value\":3},{\"value\":\"4\"}]}\n";
    fs::write(file, tasks).unwrap();
    assert_eq!(submit(folder, &["--file", file, "--out", out]), Exit::JobFailed);
    assert_eq!(written(folder, "a"), "{\"value\":2}\n");
    assert_eq!(written(folder, "c"), "{\"value\":6}\n{\"value\":8}\n");
    let phases: Vec<JobPhase> = jobs(folder).iter().map(|line| line.phase).collect();
    assert_eq!(phases.iter().filter(|phase| **phase == JobPhase::Succeeded).count(), 2, "{phases:?}");
    assert_eq!((phases.len(), SEEN.load(Ordering::Relaxed)), (3, 4));

    assert_eq!(submit(folder, &["--file", file, "--out", out, "--param", "brave=true"]), Exit::Done);
    assert_eq!(written(folder, "b"), "{\"value\":26}\n");
    assert_eq!(SEEN.load(Ordering::Relaxed), 5, "only what failed ran again");
    assert_eq!(submit(folder, &["--file", file, "--out", out]), Exit::Done, "all had succeeded before");
    assert_eq!(SEEN.load(Ordering::Relaxed), 5);

    assert_eq!(submit(folder, &["--input", "{\"value\": 5}"]), Exit::Done);
    assert_eq!(submit(folder, &["--input", "{\"value\": 5}"]), Exit::Done);
    assert_eq!(SEEN.load(Ordering::Relaxed), 7, "without an id it is another task");

    let before = jobs(folder).len();
    for words in [
        &["--input", "{\"valu\": 5}"][..],
        &["--input", "{\"value\": \"many\"}"],
        &["--input", "5"],
        &["--input", "{\"value\": 5}", "--record", "DeadLetter"],
        &["--input", "{\"value\": 5}", "--param", "brav=true"],
        &["--input", "{\"value\": 5}", "--id", "../x", "--out", out],
        &["--file", "nowhere.jsonl"],
    ] {
        assert_eq!(submit(folder, words), Exit::Usage, "{words:?}");
    }
    assert_eq!(jobs(folder).len(), before, "nothing was begun");
}
