//! The invariants of the engine and the page that explains them name the same ids.

use std::collections::BTreeMap;

use crate::tidy::{Finding, Tree};

/// Where the engine declares them.
const SOURCE: &str = "framework/engine/src/invariant.rs";
/// Where they are explained.
const PAGE: &str = "docs/ARCHITECTURE.md";
/// The heading above them there.
const HEADING: &str = "## Invariants";

/// Ids that stand in one of the two only.
pub fn invariants(tree: &Tree) -> Vec<Finding> {
    let declared = declared(tree);
    let explained = explained(tree.text(PAGE).unwrap_or_default());
    let why = "an id in a failure has to lead to what it promises";
    let mut findings = Vec::new();
    if declared.is_empty() {
        let fix = "declare each as a text literal such as `E1-one-end`";
        findings.push(Finding::new(SOURCE, 1, "no invariant ids", why, fix));
    }
    for (id, line) in &declared {
        if !explained.contains_key(id) {
            let fix = format!("add a row to `{HEADING}` in {PAGE}");
            findings.push(Finding::new(
                SOURCE,
                *line,
                format!("invariant `{id}` is not explained"),
                why,
                fix,
            ));
        }
    }
    for (id, line) in &explained {
        if !declared.contains_key(id) {
            let fix = format!("declare it in {SOURCE}, or remove the row");
            findings.push(Finding::new(PAGE, *line, format!("invariant `{id}` is not declared"), why, fix));
        }
    }
    findings
}

/// The ids in the source: literals such as `E1-one-end`.
fn declared(tree: &Tree) -> BTreeMap<String, usize> {
    let Some(file) = tree.rust().find(|file| file.path == SOURCE) else { return BTreeMap::new() };
    let ids = file.literals.iter().filter(|l| is_id(&l.text) && !file.in_test(l.offset));
    ids.map(|l| (l.text.clone(), file.line(l.offset))).collect()
}

/// The ids in the page: the first cell of each row below the heading, in backquotes.
fn explained(page: &str) -> BTreeMap<String, usize> {
    let lines = page.lines().enumerate().skip_while(|(_, line)| *line != HEADING).skip(1);
    let section = lines.take_while(|(_, line)| !line.starts_with("## "));
    let id = |(at, line): (usize, &str)| {
        let cell = line.strip_prefix("| `")?;
        Some((cell[..cell.find('`')?].to_owned(), at + 1))
    };
    section.filter_map(id).collect()
}

/// Whether a text is a letter, a number, and words: `E1-one-end`.
fn is_id(text: &str) -> bool {
    let Some((number, words)) = text.split_once('-') else { return false };
    let numbered = number.starts_with(|c: char| c.is_ascii_uppercase())
        && number.len() > 1
        && number[1..].bytes().all(|b| b.is_ascii_digit());
    numbered && words.split('-').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()))
}
