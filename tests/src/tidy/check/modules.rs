//! Modules say what they are for, and a module's root is its table of contents.

use super::sizes::is_fixture;
use crate::tidy::{Finding, Measure, Ratchet, RustFile, Tree};

/// Files that do not open with a sentence on their purpose.
pub fn module_docs(tree: &Tree) -> Vec<Finding> {
    let missing = |file: &&RustFile| {
        let first = file.text.lines().next().unwrap_or_default();
        let sentence = first.strip_prefix("//!").map(str::trim).unwrap_or_default();
        !is_fixture(&file.path) && sentence.len() < 3
    };
    let finding = |file: &RustFile| {
        Finding::new(
            file.path.clone(),
            1,
            "no `//!` sentence on the first line",
            "who opens a file wants to know first what it is for",
            "begin with one sentence on its purpose, and where it helps one on what it does not do",
        )
    };
    tree.rust().filter(missing).map(finding).collect()
}

/// Functions in `lib.rs` and `mod.rs`, other than those a macro crate must have there.
pub fn tables_of_contents(tree: &Tree, ratchet: &Ratchet) -> Vec<Finding> {
    let measures: Vec<Measure> = tree
        .rust()
        .filter(|file| is_root(&file.path) && !is_fixture(&file.path))
        .map(|file| {
            let logic: Vec<usize> = file
                .functions()
                .into_iter()
                .map(|function| function.offset)
                .filter(|&offset| !file.in_test(offset) && !is_macro(file, offset))
                .collect();
            Measure {
                kind: "functions-in-root",
                name: file.path.clone(),
                file: file.path.clone(),
                line: logic.first().map_or(1, |&offset| file.line(offset)),
                size: logic.len(),
                limit: 0,
                why: "`lib.rs` and `mod.rs` are tables of contents, so that a reader sees the parts in order",
                fix: "move the functions to a module named after what they do",
            }
        })
        .collect();
    ratchet.judge(&["functions-in-root"], &measures)
}

fn is_root(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("lib.rs" | "mod.rs"))
}

/// Whether a function is a procedural macro, which only the root of a crate can export.
fn is_macro(file: &RustFile, offset: usize) -> bool {
    let before = file.code[..offset].trim_end().trim_end_matches("pub").trim_end();
    let attribute = before.rfind("#[").map(|at| &before[at..]).unwrap_or_default();
    attribute.starts_with("#[proc_macro") && attribute.ends_with(']')
}
