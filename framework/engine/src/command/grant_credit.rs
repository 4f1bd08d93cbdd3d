//! A worker says how many more tasks it takes.

use crate::{id::WorkerId, output::RequestId};

/// Adds to a worker's credit: it takes `credit` more tasks than it was handed. Never logged; a worker that joins
/// starts without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantCredit {
    /// Whom to answer.
    pub request: Option<RequestId>,
    /// Its name.
    pub worker: WorkerId,
    /// How many more.
    pub credit: u32,
}
