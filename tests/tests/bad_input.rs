//! What is refused, and that nothing is lost by it: bad inputs, and unfinished jobs met by launches that do not fit.
#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{fs, path::Path};

use dyeline_tests::program::{Called, Folder};

const CHAIN: &str = r#"
[chain]
name = "items"

[params]
date  = { type = "date", default = "yesterday" }
items = { type = "path", default = "items.csv" }

[nodes.split]
processor = "csv-split"
path      = "{items}"
shards    = 3

[nodes.load]
processor = "csv-load"
after     = "split"
record    = "TestItem"

[nodes.map]
processor = "t-map"
after     = "load"
factor    = 3

[nodes.write]
processor = "csv-write"
after     = "map"
path      = "out/{date}"
"#;

const GOOD: &str = "key,value,weight,note\n1,2,1,a\n2,3,1,b\n3,4,1,c\n";

/// A row that cannot be read, which nobody allows to be given up: the job fails, and is unfinished.
const BAD: &str = "key,value,weight,note\n1,2,1,a\n2,x,1,b\n3,4,1,c\n";

fn folder(items: &str) -> Folder {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    folder.put("items.toml", CHAIN).unwrap();
    folder.put("items.csv", items).unwrap();
    folder
}

fn launch(folder: &Folder, more: &[&str]) -> Called {
    folder.call(&[&["launch", "items.toml", "--as-of", "2026-03-02", "-q"], more].concat()).unwrap()
}

/// Replaces what differs from run to run.
fn stable() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", "<job>");
    settings.add_filter(r"shard \d+ of stage", "shard <n> of stage");
    settings.bind_to_scope()
}

fn states(folder: &Folder) -> Vec<String> {
    let jobs = folder.call(&["jobs", "--output", "json"]).unwrap();
    let jobs: serde_json::Value = serde_json::from_str(&jobs.out).unwrap();
    let states = jobs["jobs"].as_array().unwrap().iter().map(|j| j["state"].as_str().unwrap().to_owned());
    states.collect()
}

#[test]
fn inputs_that_cannot_be_read_are_told_before_any_work() {
    let (folder, _stable) = (folder(GOOD), stable());
    fs::create_dir(folder.path("a-folder")).unwrap();
    folder.put("empty.csv", "").unwrap();
    folder.put("other.csv", "id,name\n1,a\n").unwrap();
    for (name, items) in [
        ("a missing file", "nowhere.csv"),
        ("a folder", "a-folder"),
        ("an empty file", "empty.csv"),
        ("another header", "other.csv"),
    ] {
        let called = launch(&folder, &["--param", &format!("items={items}")]);
        insta::assert_snapshot!(name.replace(' ', "_"), called.shown());
        // A header is read with the first row of work; all else is seen before.
        let code = if items == "other.csv" { 1 } else { 2 };
        assert_eq!(called.code, Some(code), "{name}: {called:?}");
        assert!(!folder.path("out/2026-03-01/manifest.json").exists(), "{name}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_told() {
    let folder = folder(GOOD);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let words = ["processors", "--output", "json"];
    let mut command = folder.command(&words);
    let called = folder.called(command.stdout(full).output().unwrap());
    assert_eq!(called.code, Some(4), "{called:?}");
    assert!(called.err.starts_with("the result could not be written to standard output: "), "{called:?}");
}

#[test]
fn a_date_that_is_none_and_counts_of_shards_are_told() {
    let (folder, _stable) = (folder(GOOD), stable());
    let called = launch(&folder, &["--param", "date=2026-02-30"]);
    assert_eq!(called.code, Some(2));
    insta::assert_snapshot!("a_bad_date", called.shown());
    for (name, shards) in [("no_shards", "0"), ("a_million_shards", "1_000_000")] {
        let chain = CHAIN.replace("shards    = 3", &format!("shards = {shards}"));
        folder.put("items.toml", &chain).unwrap();
        let called = launch(&folder, &[]);
        assert_eq!(called.code, Some(2), "{name}: {called:?}");
        insta::assert_snapshot!(name, called.shown());
    }
    assert!(!folder.path(".dyeline").exists(), "nothing was begun");
}

#[test]
fn cycles_types_and_five_mistakes_are_told_by_the_program() {
    let (folder, _stable) = (folder(GOOD), stable());
    let wrong = [
        (
            "a_cycle",
            CHAIN.replace("after     = \"load\"", "after = \"turn\"")
                + "[nodes.turn]\nprocessor = \"t-map\"\nafter = \"map\"\nfactor = 1\n",
        ),
        ("types_that_do_not_fit", CHAIN.replace("record    = \"TestItem\"", "record = \"DeadLetter\"")),
        (
            "five_mistakes",
            CHAIN
                .replace("csv-split", "csv-splt")
                .replace("after     = \"split\"", "after = \"splitt\"")
                .replace("factor    = 3", "factr = 3\nskip = { limit = -1 }")
                .replace("after     = \"map\"", "after = \"mapp\""),
        ),
    ];
    for (name, chain) in wrong {
        folder.put("items.toml", &chain).unwrap();
        let called = launch(&folder, &[]);
        assert_eq!(called.code, Some(2), "{name}: {called:?}");
        insta::assert_snapshot!(name, called.shown());
    }
    assert!(!folder.path(".dyeline").exists(), "nothing was begun");
}

#[test]
fn a_bad_row_fails_the_job_with_its_place_and_the_mended_file_is_adopted() {
    let (folder, _stable) = (folder(BAD), stable());
    let failed = launch(&folder, &[]);
    assert_eq!(failed.code, Some(1));
    insta::assert_snapshot!("a_bad_row", failed.shown());
    assert_eq!(launch(&folder, &[]).code, Some(1), "it goes on, and fails again");
    folder.put("items.csv", GOOD).unwrap();
    let changed = launch(&folder, &[]);
    assert_eq!(changed.code, Some(2), "{changed:?}");
    insta::assert_snapshot!("a_changed_input", changed.shown().replace(GOOD, ""));
    assert_eq!(states(&folder), ["failed"], "nothing was lost");
    let adopted = launch(&folder, &["--new"]);
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    assert_eq!(folder.rows("out/2026-03-01").unwrap(), "1,7,1,a\n2,10,1,b\n3,13,1,c\n");
}

#[test]
fn a_chain_that_changed_under_an_unfinished_job_is_told_and_can_be_adopted() {
    let (folder, _stable) = (folder(BAD), stable());
    assert_eq!(launch(&folder, &[]).code, Some(1));
    folder.put("items.toml", &CHAIN.replace("factor    = 3", "factor = 4\nskip = { limit = 5 }")).unwrap();
    let changed = launch(&folder, &[]);
    assert_eq!(changed.code, Some(2), "{changed:?}");
    insta::assert_snapshot!("a_changed_chain", changed.shown());
    assert_eq!(states(&folder), ["failed"]);
    folder.put("items.toml", CHAIN).unwrap();
    assert_eq!(launch(&folder, &[]).code, Some(1), "the chain as it was is the job's again");
}

#[test]
fn yesterdays_unfinished_job_is_not_taken_for_tonights() {
    let (folder, _stable) = (folder(BAD), stable());
    assert_eq!(launch(&folder, &[]).code, Some(1));
    let tonight = ["launch", "items.toml", "--as-of", "2026-03-03", "-q"];
    let met = folder.call(&tonight).unwrap();
    assert_eq!(met.code, Some(2), "{met:?}");
    insta::assert_snapshot!("yesterdays_job", met.shown());
    assert_eq!(states(&folder), ["failed"]);
    let new = folder.call(&[&tonight[..], &["--new"]].concat()).unwrap();
    assert_eq!(new.code, Some(1), "tonight's job of its own: {new:?}");
    assert_eq!(states(&folder), ["failed", "failed"]);
}

#[test]
fn a_record_that_changed_under_an_unfinished_job_is_told_and_the_old_program_goes_on() {
    let (folder, _stable) = (folder(BAD), stable());
    assert_eq!(launch(&folder, &[]).code, Some(1));
    let changed = Path::new(env!("CARGO_BIN_EXE_testchains-changed"));
    let words = ["launch", "items.toml", "--as-of", "2026-03-02", "-q"];
    let refused = folder.called(folder.command_of(changed, &words).output().unwrap());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    insta::assert_snapshot!("a_changed_record", refused.shown());
    let job = folder.call(&["jobs", "--output", "json"]).unwrap();
    let job: serde_json::Value = serde_json::from_str(&job.out).unwrap();
    let job = job["jobs"][0]["job"].as_str().unwrap();
    let refused =
        folder.called(folder.command_of(changed, &["retry", job, "--failed", "-q"]).output().unwrap());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    insta::assert_snapshot!("a_retry_with_a_changed_record", refused.shown());
    assert_eq!(states(&folder), ["failed"], "the job was not touched");
    assert_eq!(launch(&folder, &[]).code, Some(1), "the program as it was goes on");
    assert_eq!(states(&folder), ["failed"], "with the same job");
}

#[test]
fn a_hundred_thousand_shards_run() {
    let folder = Folder::new(env!("CARGO_BIN_EXE_testchains")).unwrap();
    let chain = "[chain]\nname = \"many\"\n\n[nodes.split]\nprocessor = \"t-split\"\nrows = 100_000\nshards = 100_000\n\n\
                 [nodes.load]\nprocessor = \"t-load\"\nafter = \"split\"\nseed = 1\nkeys = 10\nsorted = false\nstep = 1\n\n\
                 [nodes.none]\nprocessor = \"t-filter\"\nafter = \"load\"\nmodulus = 1\n\n\
                 [nodes.write]\nprocessor = \"csv-write\"\nafter = \"none\"\npath = \"out\"\n";
    folder.put("many.toml", chain).unwrap();
    let called = folder.call(&["launch", "many.toml", "--output", "json"]).unwrap();
    assert_eq!(called.code, Some(0), "{called:?}");
    let document: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert_eq!(document["nodes"]["load"]["read"], 100_000);
    assert_eq!(document["nodes"]["none"]["filtered"], 100_000);
    assert_eq!(folder.rows("out").unwrap(), "");
}
