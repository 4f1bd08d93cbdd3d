//! The keys of a node in a chain file stand twice, in two crates that cannot see each other: once where files are read,
//! once where the derives refuse them as names of parameters.

use crate::tidy::{Finding, RustFile, Tree};

/// Where files are read.
const READER: (&str, &str) = ("framework/src/chain/draft.rs", "RESERVED_KEYS");
/// Where the derives refuse them.
const DERIVE: (&str, &str) = ("processors/derive/src/names.rs", "RESERVED");

/// Lists that differ, at the list that lacks something.
pub fn reserved_keys(tree: &Tree) -> Vec<Finding> {
    let why = "a parameter of this name compiles and can never be given, or is refused without need";
    let lists = [READER, DERIVE].map(|(path, name)| (path, name, list(tree, path, name)));
    let mut findings = Vec::new();
    for (path, name, keys) in &lists {
        if keys.is_none() {
            let what = format!("no list `{name}`");
            findings.push(Finding::new(*path, 1, what, why, "say in this check where it is now"));
        }
    }
    let [(reader, _, Some((at, read))), (derive, _, Some((refused_at, refused)))] = &lists else {
        return findings;
    };
    for (path, line, keys, others) in [(reader, at, read, refused), (derive, refused_at, refused, read)] {
        for key in others.iter().filter(|key| !keys.contains(key)) {
            let what = format!("the list of reserved keys lacks `{key}`");
            findings.push(Finding::new(*path, *line, what, why, "let both lists hold the same keys"));
        }
    }
    findings
}

/// The line of a constant, and the texts in it.
fn list(tree: &Tree, path: &str, name: &str) -> Option<(usize, Vec<String>)> {
    let file: &RustFile = tree.rust().find(|file| file.path == path)?;
    let declared = |at: &usize| file.code[..*at].ends_with("const ");
    let start = file.find(name).find(declared)?;
    let end = start + file.code[start..].find("];")?;
    let keys = file.literals.iter().filter(|literal| (start..end).contains(&literal.offset));
    Some((file.line(start), keys.map(|literal| literal.text.clone()).collect()))
}
