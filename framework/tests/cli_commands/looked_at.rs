//! Looking at a chain file alone, before anybody has its parameters.

use std::fs;

use crate::program::{Folder, stable};

/// What a launch has to give stands in a path, as a whole value, in a list, and in an exchange.
const GIVEN: &str = r#"
[chain]
name = "given"

[params]
to     = { type = "integer", help = "where the numbers end" }
shards = { type = "integer" }
out    = { type = "path" }
pause  = { type = "duration", default = "1s" }

[nodes.split]
processor = "range-split"
to        = "{to}"
shards    = 4

[nodes.numbers]
processor = "range-load"
after     = "split"
retry     = { max = 2, backoff = "{pause}..1m" }

[nodes.write]
processor = "jsonl-write"
after     = "numbers"
path      = "{out}/numbers"
exchange  = { by = "value", shards = "{shards}" }
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    fs::write(folder.path("given.toml"), GIVEN).unwrap();
    folder
}

#[test]
fn a_file_is_checked_and_shown_without_what_a_launch_has_to_give() {
    let (folder, _stable) = (folder(), stable());
    for (name, words) in [
        ("checked", &["chain", "check", "given.toml"][..]),
        ("checked with some", &["chain", "check", "given.toml", "--param", "to=7"]),
        ("checked for programs", &["chain", "check", "given.toml", "--output", "json"]),
        ("shown", &["chain", "show", "given.toml", "--param", "to=7", "--param", "out=x"]),
    ] {
        let called = folder.call(words);
        assert_eq!(called.code, Some(0), "{name}: {called:?}");
        insta::assert_snapshot!(name.replace(' ', "_"), called.shown());
    }
    let shown = folder.call(&["chain", "show", "given.toml", "--param", "to=7", "--output", "json"]).json();
    assert_eq!(shown["to_be_given"], serde_json::json!(["shards", "out"]));
    assert_eq!(shown["params"], serde_json::json!({ "pause": "1s", "to": 7 }));
    // A launch still has to.
    let launched = folder.call(&["launch", "given.toml"]);
    assert_eq!(launched.code, Some(2), "{launched:?}");
    assert!(launched.err.contains("parameter `to` has no value (where the numbers end)"), "{launched:?}");
}

#[test]
fn what_is_given_and_what_stands_in_the_file_is_checked_all_the_same() {
    let (folder, _stable) = (folder(), stable());
    let wrong = GIVEN.replace("after     = \"split\"", "after     = \"splt\"");
    fs::write(folder.path("wrong.toml"), wrong).unwrap();
    for (name, words) in [
        ("given wrongly", &["chain", "check", "given.toml", "--param", "shards=0"][..]),
        ("written wrongly", &["chain", "check", "wrong.toml"]),
    ] {
        let called = folder.call(words);
        assert_eq!(called.code, Some(2), "{name}: {called:?}");
        insta::assert_snapshot!(name.replace(' ', "_"), called.shown());
    }
}
