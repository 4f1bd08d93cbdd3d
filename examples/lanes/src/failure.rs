//! Why the example ends early: what was tried, and what went wrong.

use std::fmt;

/// What a person reads of it.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure that says this.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says what was tried.
pub(crate) trait ResultExt<T> {
    /// The error becomes `WHAT: ERROR`.
    fn why(self, what: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> ResultExt<T> for Result<T, E> {
    fn why(self, what: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}
