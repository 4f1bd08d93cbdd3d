//! What is refused: the message, the hint, the exit code; nothing is begun.

use std::fs;

use crate::program::{FOREVER, Folder, stable};

const ITEMS: &str = r#"[{"value": 1}, {"value": "x"}, {"valu": 3}, {}, {"value": [1]}]"#;

#[test]
fn bad_usage_says_what_to_write() {
    let (folder, _stable) = (Folder::new(), stable());
    for (name, words) in [
        ("unknown command", &["lanch", "numbers.toml"][..]),
        ("no file", &["launch"]),
        ("a parameter without a value", &["launch", "numbers.toml", "--param", "to"]),
        ("new and adopt", &["launch", "numbers.toml", "--new", "--adopt"]),
        ("limit 0", &["launch", "numbers.toml", "--limit", "0"]),
        ("no job", &["pause"]),
        ("no change", &["set", "01ARZ"]),
        ("a change without a node", &["set", "01ARZ", "--param", "path=x"]),
        ("a change that is no number", &["set", "01ARZ", "--concurrency", "many"]),
        ("a back-off that is none", &["set", "01ARZ", "--retry", "write=3,5s..1s"]),
        ("unknown job", &["status", "01ARZ"]),
        ("nothing to resume", &["resume", "--chain", "numbers"]),
        ("no age", &["jobs", "purge", "--older-than", "long"]),
        ("unknown processor", &["processors", "csv-splt"]),
        ("a task of any record", &["submit", "jsonl-write", "--input", "{}"]),
        ("a task that is a splitter", &["submit", "csv-split", "--input", "{}"]),
        ("a task of no processor", &["submit", "jsonl-writ", "--input", "{}"]),
        (
            "items that are none",
            &["submit", "jsonl-write", "--record", "Number", "--param", "path=o", "--input", ITEMS],
        ),
        ("an empty id", &["launch", "numbers.toml", "--id", ""]),
        ("a group of no name", &["launch", "numbers.toml", "--group", "Night Run"]),
        ("a bad day", &["launch", "numbers.toml", "--as-of", "2026-02-30"]),
    ] {
        let called = folder.call(words);
        assert_eq!(called.code, Some(2), "{name}: {called:?}");
        insta::assert_snapshot!(name.replace(' ', "_"), called.shown());
    }
    assert!(!folder.path(".dyeline").exists(), "nothing was begun");
}

#[test]
fn bad_files_and_places_are_told_before_any_work() {
    let (folder, _stable) = (Folder::new(), stable());
    let chain = fs::read_to_string(folder.path("numbers.toml")).unwrap();
    let wrong =
        chain.replace("range-split", "range-splt").replace("after     = \"numbers\"", "after = \"nmbers\"");
    fs::write(folder.path("wrong.toml"), wrong).unwrap();
    fs::write(folder.path("a-file"), "").unwrap();
    for (name, words) in [
        ("missing chain file", &["launch", "nowhere.toml"][..]),
        ("two mistakes", &["launch", "wrong.toml"]),
        ("unknown parameter", &["launch", "numbers.toml", "--param", "too=3"]),
        ("wrong type", &["launch", "numbers.toml", "--param", "to=many"]),
        ("output below a file", &["launch", "numbers.toml", "--param", "out=a-file/out"]),
    ] {
        let called = folder.call(words);
        assert_eq!(called.code, Some(2), "{name}: {called:?}");
        insta::assert_snapshot!(name.replace(' ', "_"), called.shown());
    }
    assert!(!folder.path(".dyeline").exists(), "nothing was begun");
}

#[test]
fn a_data_directory_that_cannot_be_one_is_the_environment() {
    let (folder, _stable) = (Folder::new(), stable());
    fs::write(folder.path("a-file"), "").unwrap();
    let called = folder.call(&["launch", "numbers.toml", "--data", "a-file"]);
    assert_eq!(called.code, Some(4), "{called:?}");
    insta::assert_snapshot!(called.shown());
}

#[test]
fn a_second_launch_on_one_data_directory_is_told_who_holds_it() {
    let (folder, _stable) = (Folder::new(), stable());
    let launch = ["launch", "numbers.toml", "--param", FOREVER];
    let running = folder.start(&launch, || folder.is_running());
    let second = folder.call(&["launch", "numbers.toml", "--param", "to=3", "--param", "out=other"]);
    assert_eq!(second.code, Some(4));
    insta::assert_snapshot!(second.shown());
    assert_eq!(folder.call(&["cancel", "--chain", "numbers"]).code, Some(0));
    assert_eq!(running.end().code, Some(1));
}

#[test]
fn damage_in_the_log_is_told_with_its_place() {
    let folder = Folder::new();
    assert_eq!(folder.call(&["launch", "numbers.toml"]).code, Some(0));
    let segment = folder.path(".dyeline/log/segment-00000000000000000000");
    let mut bytes = fs::read(&segment).unwrap();
    // Behind the header, within the first batch.
    bytes[600] ^= 0x40;
    fs::write(&segment, bytes).unwrap();
    for words in [&["jobs"][..], &["status"], &["launch", "numbers.toml"]] {
        let called = folder.call(words);
        assert_eq!(called.code, Some(4), "{words:?}: {called:?}");
        assert!(
            called.err.contains("segment-00000000000000000000 is damaged at byte"),
            "{words:?}: {called:?}"
        );
    }
}

#[test]
fn unknown_settings_are_errors() {
    let (folder, _stable) = (Folder::new(), stable());
    fs::write(folder.path("dyeline.toml"), "dta = 'x'\n[worker]\nslots = 1\n").unwrap();
    let called = folder.call(&["jobs"]);
    assert_eq!(called.code, Some(2));
    insta::assert_snapshot!(called.shown());
}
