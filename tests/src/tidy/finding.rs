//! What a check has to say: where, what, why and what to do.

use std::fmt;

/// One break of a convention.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is there.
    pub what: String,
    /// Why it should not be.
    pub why: &'static str,
    /// What to do.
    pub fix: String,
}

impl Finding {
    /// A finding at a line of a file.
    pub fn new(
        file: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        why: &'static str,
        fix: impl Into<String>,
    ) -> Self {
        Self { file: file.into(), line, what: what.into(), why, fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    why: {}\n    do:  {}", self.file, self.line, self.what, self.why, self.fix)
    }
}

/// All findings as one text, in order of file and line; empty if there are none.
pub fn report(mut findings: Vec<Finding>) -> String {
    findings.sort();
    findings.dedup();
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}
