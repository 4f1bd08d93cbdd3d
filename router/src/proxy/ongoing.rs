//! A call that has been answered and whose answer is still coming: its endpoint is busy with it, and is judged by it.

use http::StatusCode;

use crate::health::{Outcome, Pick};

/// Counts a call as in flight until its response has ended.
#[derive(Debug)]
pub(crate) struct Ongoing {
    pick: Option<Pick>,
    outcome: Outcome,
}

impl Ongoing {
    /// A call that was answered with a status.
    pub(crate) fn new(pick: Pick, status: StatusCode) -> Self {
        let outcome = if status.is_server_error() { Outcome::Failure } else { Outcome::Success };
        Self { pick: Some(pick), outcome }
    }

    /// The answer broke off.
    pub(crate) fn broke(&mut self) {
        self.outcome = Outcome::Failure;
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        if let Some(pick) = self.pick.take() {
            pick.done(self.outcome);
        }
    }
}
