//! Files and functions a person can hold in the head.

use crate::tidy::{Finding, Measure, Ratchet, Tree};

/// Lines of a file, without its inline test modules.
pub const FILE_LINES: usize = 500;
/// Lines of a function, from `fn` to its closing brace.
pub const FUNCTION_LINES: usize = 70;

/// Files above [`FILE_LINES`].
pub fn file_sizes(tree: &Tree, ratchet: &Ratchet) -> Vec<Finding> {
    let measure = |file: &crate::tidy::RustFile| Measure {
        kind: "file-lines",
        name: file.path.clone(),
        file: file.path.clone(),
        line: 1,
        size: file.product_lines(),
        limit: FILE_LINES,
        why: "a file of several purposes is found by none of them",
        fix: "give each purpose a module of its own",
    };
    let measures: Vec<Measure> = tree.rust().filter(|file| !is_fixture(&file.path)).map(measure).collect();
    ratchet.judge(&["file-lines"], &measures)
}

/// Functions above [`FUNCTION_LINES`].
pub fn function_sizes(tree: &Tree, ratchet: &Ratchet) -> Vec<Finding> {
    let mut measures = Vec::new();
    for file in tree.rust().filter(|file| !is_fixture(&file.path)) {
        for function in file.functions() {
            measures.push(Measure {
                kind: "function-lines",
                name: format!("{}::{}", file.path, function.name),
                file: file.path.clone(),
                line: file.line(function.offset),
                size: function.lines,
                limit: FUNCTION_LINES,
                why: "a function fits a screen, so that it can be read at once",
                fix: "name its steps and make each a function",
            });
        }
    }
    ratchet.judge(&["function-lines"], &largest(measures))
}

/// Of functions of one name in one file, the largest: they share one exception.
fn largest(mut measures: Vec<Measure>) -> Vec<Measure> {
    measures.sort_by(|a, b| a.name.cmp(&b.name).then(b.size.cmp(&a.size)));
    measures.dedup_by(|next, kept| next.name == kept.name);
    measures
}

/// Whether a file is input of a test, with its faults on purpose.
pub(super) fn is_fixture(path: &str) -> bool {
    path.contains("compile-fail/") || path.contains("/fixtures/")
}
