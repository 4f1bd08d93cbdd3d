//! Which crate depends on which: the edges of the design, and what the pure crates may take from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    process::Command,
};

use serde_json::Value;

use crate::tidy::{Finding, Tree};

/// A crate of the workspace, and what it needs.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its `Cargo.toml`, from the root of the repository.
    pub manifest: String,
    /// What it needs to be built and run.
    pub needs: BTreeSet<String>,
    /// What its tests and benches need beside that.
    pub tests_need: BTreeSet<String>,
}

const OUR: &[&str] = &["dyeline", "dyeline-derive", "dyeline-engine", "dyeline-processors", "dyeline-router"];

/// What each crate may need inside the workspace. Examples may need `dyeline`, the tests everything.
const INSIDE: &[(&str, &[&str])] = &[
    ("dyeline-router", &[]),
    ("dyeline-derive", &[]),
    ("dyeline-engine", &[]),
    ("dyeline-processors", &["dyeline-router", "dyeline-derive"]),
    ("dyeline", &["dyeline-router", "dyeline-derive", "dyeline-engine", "dyeline-processors"]),
    ("dyeline-tests", OUR),
    // A peer of the benches: it must not share code with what it is compared with.
    ("bench-loop", &[]),
    // A chain with processors of its own, as a user would write it.
    ("bench-shards", &["dyeline"]),
    // Reads rules, and makes calls from a process that is neither a service nor a chain.
    ("lanes", &["dyeline", "dyeline-router"]),
];

/// What the crates that compute only may need from outside, and their reasons.
const OUTSIDE: &[(&str, &[&str])] = &[
    // `serde_json` is how a plan is logged: text without clocks or chance.
    ("dyeline-engine", &["hashring", "prost", "serde", "serde_json", "thiserror", "xxhash-rust"]),
    ("dyeline-derive", &["proc-macro2", "quote", "syn"]),
];

/// What must not stand behind the engine's dependencies either.
const FAR: &[&str] = &[
    "tokio",
    "mio",
    "async-std",
    "smol",
    "rand",
    "rand_core",
    "getrandom",
    "fastrand",
    "chrono",
    "time",
    "jiff",
];

/// The crates of the workspace, as `cargo metadata` tells them. Needs no network.
pub fn packages(root: &Path) -> io::Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr))));
    }
    let document: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let root = root.canonicalize()?;
    Ok(list(&document["packages"])
        .iter()
        .map(|package| read(package, &list(&package["dependencies"]), &root))
        .collect())
}

fn read(package: &Value, dependencies: &[Value], root: &Path) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let manifest = text(&package["manifest_path"]);
    let manifest =
        Path::new(&manifest).strip_prefix(root).map_or(manifest.clone(), |p| p.display().to_string());
    let mut found = Package { name: text(&package["name"]), manifest, ..Package::default() };
    for dependency in dependencies {
        let name = text(&dependency["name"]);
        match dependency["kind"].as_str() {
            Some("dev") => found.tests_need.insert(name),
            _ => found.needs.insert(name),
        };
    }
    found
}

/// Edges inside the workspace that the design does not have.
pub fn edges(packages: &[Package]) -> Vec<Finding> {
    let ours: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let why = "the compiler guards what each crate may know: an edge the wrong way undoes it";
    let mut findings = Vec::new();
    for package in packages {
        let allowed = match INSIDE.iter().find(|(name, _)| *name == package.name) {
            Some((_, allowed)) => *allowed,
            None if package.manifest.starts_with("examples/") => &["dyeline"],
            None => {
                let what = format!("`{}` is not a crate of the design", package.name);
                let fix = "make it a module of the crate it belongs to, or change the design and this list";
                findings.push(Finding::new(package.manifest.clone(), 1, what, why, fix));
                continue;
            }
        };
        let needs = package.needs.union(&package.tests_need);
        let inside = needs.filter(|n| ours.contains(n.as_str()) && !allowed.contains(&n.as_str()));
        for need in inside {
            let what = format!("`{}` depends on `{need}`", package.name);
            findings.push(Finding::new(
                package.manifest.clone(),
                1,
                what,
                why,
                "turn the edge, or pass the value in",
            ));
        }
    }
    for (name, _) in INSIDE.iter().filter(|(name, _)| !ours.contains(name)) {
        let what = format!("the crate `{name}` is missing");
        findings.push(Finding::new(
            "Cargo.toml",
            1,
            what,
            why,
            "put it back, or change the design and this list",
        ));
    }
    findings
}

/// Crates from outside behind the pure crates, directly or through others as `Cargo.lock` has them.
pub fn outside(packages: &[Package], tree: &Tree) -> Vec<Finding> {
    let why = "a crate that computes only is the same in a test, in a simulation and after a crash";
    let lock = locked(tree.text("Cargo.lock").unwrap_or_default());
    let mut findings = Vec::new();
    for (name, allowed) in OUTSIDE {
        let Some(package) = packages.iter().find(|p| p.name == *name) else { continue };
        for need in package.needs.iter().filter(|need| !allowed.contains(&need.as_str())) {
            let what = format!("`{name}` depends on `{need}`");
            let fix = "do without it, or add it to the list with its reason";
            findings.push(Finding::new(package.manifest.clone(), 1, what, why, fix));
        }
        if *name == "dyeline-engine" {
            for far in closure(&lock, &package.needs).iter().filter(|far| FAR.contains(&far.as_str())) {
                let what = format!("`{far}` stands behind `{name}`");
                findings.push(Finding::new(
                    package.manifest.clone(),
                    1,
                    what,
                    why,
                    "turn off the feature that needs it",
                ));
            }
        }
    }
    findings
}

/// Everything behind these crates, themselves too.
pub fn closure(lock: &BTreeMap<String, BTreeSet<String>>, from: &BTreeSet<String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = from.iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            open.extend(lock.get(name).into_iter().flatten());
        }
    }
    reached
}

/// The crates of a `Cargo.lock` and what each needs, versions left out.
fn locked(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut at = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("name = ") {
            at = name.trim_matches('"').to_owned();
        } else if let Some(need) = line.strip_prefix(" \"") {
            let name = need.split(['"', ' ']).next().unwrap_or_default().to_owned();
            found.entry(at.clone()).or_default().insert(name);
        }
    }
    found
}
