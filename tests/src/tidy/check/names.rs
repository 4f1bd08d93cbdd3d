//! Names that say something, and nothing left unfinished.

use super::sizes::is_fixture;
use crate::tidy::{Finding, RustFile, Tree};

/// Words that name nothing, by themselves or as a part of a name.
const EMPTY: &[&str] = &["manager", "helper", "helpers", "util", "utils", "common"];

/// Types and modules named after nothing.
pub fn names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !is_fixture(&file.path)) {
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if is_empty(stem) {
            findings.push(empty_name(file, 0, stem));
        }
        for keyword in ["struct", "enum", "trait", "type", "union", "mod"] {
            for offset in file.find(keyword) {
                let name = file.name_after(offset, keyword);
                if is_empty(name) {
                    findings.push(empty_name(file, offset, name));
                }
            }
        }
    }
    findings
}

fn empty_name(file: &RustFile, offset: usize, name: &str) -> Finding {
    let why = "Manager, Helper, Util and Common say nothing of what a thing is, so everything fits in";
    Finding::new(
        file.path.clone(),
        file.line(offset),
        format!("the name `{name}`"),
        why,
        "name what it is or does",
    )
}

/// Whether one of the words of a name, in camel or snake case, is empty.
fn is_empty(name: &str) -> bool {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            words.push('_');
        }
        words.extend(c.to_lowercase());
    }
    words.split('_').any(|word| EMPTY.contains(&word))
}

/// `allow` attributes, and lints expected without a reason.
pub fn attributes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !is_fixture(&file.path)) {
        // Code that a macro writes cannot know whether the lint fires where it ends up.
        let generated = file.path.starts_with("processors/derive/src/");
        for offset in file.find("allow") {
            let attribute = file.code[..offset].trim_end();
            if (attribute.ends_with("#[") || attribute.ends_with("#![")) && !generated {
                let why = "an allowed lint stays allowed when its cause is gone";
                let fix = "write `#[expect(lint, reason = \"…\")]`";
                findings.push(Finding::new(
                    file.path.clone(),
                    file.line(offset),
                    "an `allow` attribute",
                    why,
                    fix,
                ));
            }
        }
    }
    findings
}

/// What was left for later: macros that panic, ignored tests, notes to oneself.
pub fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |file: &RustFile, offset: usize, what: &str, fix: &str| {
        let why = "what is not done is not there: half of it misleads";
        findings.push(Finding::new(file.path.clone(), file.line(offset), format!("`{what}`"), why, fix));
    };
    for file in tree.rust().filter(|file| !is_fixture(&file.path)) {
        for what in ["todo!", "unimplemented!", "dbg!"] {
            file.find(what).for_each(|at| found(file, at, what, "write it, or leave the whole out"));
        }
        for at in file.find("#[ignore") {
            found(file, at, "#[ignore]", "mend the test, or remove it");
        }
        // Notes stand in comments: in the text and not in the code, and not in a literal.
        for what in ["TODO", "FIXME", "XXX"] {
            for (at, _) in file.text.match_indices(what) {
                let literal =
                    file.literals.iter().any(|l| (l.offset..=l.offset + l.text.len()).contains(&at));
                if !literal && file.code.get(at..at + what.len()) != Some(what) {
                    found(file, at, what, "do it, or say in the docs what is absent and why");
                }
            }
        }
    }
    findings
}

/// Where the only wait of the tests that looks again and again may stand.
const POLL: &str = "tests/src/program.rs";
/// Where processors are that take their time on purpose, since that is what is tested.
const SLOW: &str = "tests/src/chains/";

/// Tests that sleep instead of waiting for something.
pub fn sleeps(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let exempt =
        |file: &&RustFile| file.path == POLL || file.path.starts_with(SLOW) || is_fixture(&file.path);
    for file in tree.rust().filter(|file| !exempt(file)) {
        let tests = file.path.starts_with("tests/");
        for what in ["thread::sleep", "time::sleep", "sleep_ms"] {
            for offset in file.find(what).filter(|&offset| tests || file.in_test(offset)) {
                findings.push(Finding::new(
                    file.path.clone(),
                    file.line(offset),
                    format!("`{what}` in a test"),
                    "a test that sleeps is slow on a fast machine and fails on a slow one",
                    "wait for the condition with a limit, on a channel or with `dyeline_tests::program::wait_for`",
                ));
            }
        }
    }
    findings
}
