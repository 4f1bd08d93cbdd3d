//! Exceptions from limits, each with the size it has today: it may shrink and must then be lowered, never grow.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;

/// Where the exceptions stand.
pub(super) const FILE: &str = "tests/src/tidy/ratchet.txt";

/// Something measured against a limit.
#[derive(Clone, Debug)]
pub struct Measure {
    /// What is measured, as the first word of an exception: `file-lines`, `function-lines`, …
    pub kind: &'static str,
    /// The thing, without blanks; the second word of an exception.
    pub name: String,
    /// Where it is.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its size.
    pub size: usize,
    /// The most it may be without an exception.
    pub limit: usize,
    /// Why there is a limit.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// The exceptions: kind and name → line in the file and size.
#[derive(Clone, Debug, Default)]
pub struct Ratchet {
    sizes: BTreeMap<(String, String), (usize, usize)>,
    findings: Vec<Finding>,
}

impl Ratchet {
    /// Reads lines of `kind name size`; `#` begins a comment.
    pub fn parse(text: &str) -> Self {
        let mut ratchet = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let words: Vec<&str> = line.split_whitespace().collect();
            match (words.as_slice(), words.last().and_then(|size| size.parse().ok())) {
                ([], _) => {}
                ([kind, name, _], Some(size)) => {
                    ratchet.sizes.insert(((*kind).to_owned(), (*name).to_owned()), (at + 1, size));
                }
                _ => ratchet.findings.push(Finding::new(
                    FILE,
                    at + 1,
                    format!("`{line}` is no exception"),
                    "an exception that cannot be read excepts nothing",
                    "write `kind name size`",
                )),
            }
        }
        ratchet
    }

    /// Compares what was measured with the limits and the exceptions of these kinds.
    pub fn judge(&self, kinds: &[&str], measures: &[Measure]) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        let mut used = BTreeSet::new();
        for m in measures {
            let key = (m.kind.to_owned(), m.name.clone());
            let excepted = self.sizes.get(&key);
            used.insert(key);
            let fault = match excepted {
                None if m.size > m.limit => {
                    format!("{} {} is {}, the limit is {}", m.kind, m.name, m.size, m.limit)
                }
                Some((_, size)) if m.size > (*size).max(m.limit) => {
                    format!("{} {} grew from {size} to {}; the limit is {}", m.kind, m.name, m.size, m.limit)
                }
                Some((line, size)) if m.size < *size => {
                    findings.push(lower(*line, m, *size));
                    continue;
                }
                _ => continue,
            };
            findings.push(Finding::new(m.file.clone(), m.line, fault, m.why, m.fix));
        }
        for ((kind, name), (line, _)) in &self.sizes {
            if kinds.contains(&kind.as_str()) && !used.contains(&(kind.clone(), name.clone())) {
                let what = format!("{kind} {name} is excepted and does not exist");
                findings.push(Finding::new(
                    FILE,
                    *line,
                    what,
                    "the list says what is left to do",
                    "remove the line",
                ));
            }
        }
        findings
    }
}

fn lower(line: usize, m: &Measure, size: usize) -> Finding {
    let fix = if m.size > m.limit { format!("write {}", m.size) } else { "remove the line".to_owned() };
    let what = format!("{} {} has shrunk from {size} to {}", m.kind, m.name, m.size);
    Finding::new(FILE, line, what, "a ratchet only turns one way", fix)
}
