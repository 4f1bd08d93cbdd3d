//! What stands at the top of the repository, and nothing else.

use crate::tidy::{Finding, Tree};

/// Every entry at the top that has no dot before it.
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "docs",
    "examples",
    "framework",
    "processors",
    "router",
    "rustfmt.toml",
    "tests",
];

/// Entries at the top that are not in the list, and those that are missing.
pub fn layout(tree: &Tree) -> Vec<Finding> {
    let why = "a repository's first page is its table of contents";
    let mut findings = Vec::new();
    for name in tree.top().filter(|name| !name.starts_with('.') && !TOP.contains(name)) {
        findings.push(Finding::new(
            name,
            1,
            format!("`{name}` at the top"),
            why,
            "move it into the folder it is about",
        ));
    }
    for name in TOP.iter().copied().chain([".ci"]).filter(|name| !tree.exists(name)) {
        findings.push(Finding::new(name, 1, format!("`{name}` is missing"), why, "put it back"));
    }
    findings
}
