//! The lints of `docs/lanes/clippy.toml` find every call that loses its lane, and name what exists.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{fs, path::Path, process::Command};

const BARE: &str = include_str!("fixtures/bare/lib.rs");
const MANIFEST: &str = "[package]\nname = \"bare\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n\
    [dependencies]\ntokio = { version = \"1\", default-features = false, features = [\"rt\"] }\n";

/// What clippy says of the file, with the lints of the page.
fn complaints() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(folder.path().join("lib.rs"), BARE).unwrap();
    // The versions that are there already, so that no network is needed.
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--quiet", "--message-format", "short"])
        .current_dir(folder.path())
        .env("CLIPPY_CONF_DIR", root.join("docs/lanes"))
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn every_bare_call_is_found_and_every_path_exists() {
    let text = complaints();
    let mut found: Vec<usize> = text
        .lines()
        .filter(|line| line.contains("use of a disallowed"))
        .map(|line| line.split(':').nth(1).unwrap().parse().unwrap())
        .collect();
    found.dedup();
    let numbered = BARE.lines().zip(1..);
    let bare: Vec<usize> = numbered.filter(|(line, _)| line.ends_with("// bare")).map(|(_, n)| n).collect();
    assert!(bare.len() > 10);
    assert_eq!(found, bare, "{text}");
    // A path in the lints that leads nowhere would be told here.
    assert!(!text.contains("does not refer to"), "{text}");
}
