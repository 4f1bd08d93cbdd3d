//! What the engine must not touch, and what only the file layer may.

use crate::tidy::{Finding, Tree};

/// What makes a run of the engine differ from the next, and what to use instead.
const IMPURE: &[(&str, &str)] = &[
    ("HashMap", "use `BTreeMap` or a `Vec`"),
    ("HashSet", "use `BTreeSet` or a sorted `Vec`"),
    ("RandomState", "use `xxh3` with a seed from the state"),
    ("Instant", "take `now: Millis` as an argument"),
    ("SystemTime", "take `now: Millis` as an argument"),
    ("rand", "draw from the seed in the state"),
    ("tokio", "return what is to be done as an output"),
    ("std::thread", "return what is to be done as an output"),
    ("std::fs", "return what is to be done as an output"),
    ("std::net", "return what is to be done as an output"),
    ("std::env", "take it as an argument"),
    ("std::process", "return what is to be done as an output"),
    ("println!", "return an output"),
    ("eprintln!", "return an output"),
];

/// Clocks, chance, order that differs and I/O in the engine.
pub fn purity(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.product().filter(|file| file.path.starts_with("framework/engine/src/")) {
        for (what, fix) in IMPURE {
            for offset in file.find(what).filter(|&offset| !file.in_test(offset)) {
                let why = "the engine is deterministic: the same commands give the same state, in tests and after a crash";
                findings.push(Finding::new(
                    file.path.clone(),
                    file.line(offset),
                    format!("`{what}`"),
                    why,
                    *fix,
                ));
            }
        }
    }
    findings
}

/// The one file that calls the operating system's file functions.
const REAL_DISK: &str = "processors/src/disk/real.rs";

/// What changes files or makes them durable.
const WRITES: &[&str] = &[
    "sync_all",
    "sync_data",
    "fdatasync",
    "fsync",
    "syncfs",
    "File::create",
    "File::options",
    "OpenOptions",
    "fs::write",
    "fs::rename",
    "fs::remove_file",
    "fs::remove_dir_all",
    "fs::create_dir",
    "fs::create_dir_all",
    "fs::copy",
    "fs::hard_link",
];

/// Files that write and are no part of what a crash may lose, each with its reason.
const NOT_DURABLE: &[&str] = &[
    // The socket's folder and the socket itself vanish with the process.
    "framework/src/control/",
    // An export is made anew by the same command.
    "framework/src/cli/route/",
];

/// Writes and syncs that go past the file layer, so that no test can cut the power there.
pub fn disk_layer(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.product() {
        if file.path == REAL_DISK || NOT_DURABLE.iter().any(|free| file.path.starts_with(free)) {
            continue;
        }
        for what in WRITES {
            for offset in file.find(what).filter(|&offset| !file.in_test(offset)) {
                findings.push(Finding::new(
                    file.path.clone(),
                    file.line(offset),
                    format!("`{what}` past the file layer"),
                    "a write the layer does not see is not in any crash test",
                    "go through `Disk`, with a `SyncPoint` where it has to be durable",
                ));
            }
        }
    }
    findings
}
