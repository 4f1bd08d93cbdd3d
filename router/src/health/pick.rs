//! A call to one replica, while it lasts.

use std::sync::Arc;

use super::{Cluster, Endpoint};
use crate::rules::Address;

/// How a call ended, as far as it tells the health of the replica: an answer that says the caller was wrong (4xx) is a
/// success; no connection, no answer in time, or an answer that says the service was wrong (5xx) is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The replica does its work.
    Success,
    /// It does not.
    Failure,
}

/// The replica that a call goes to. It counts as in flight until this is dropped; one that is dropped without an
/// [outcome](Pick::done), such as a call that was cancelled, says nothing of the replica's health.
#[derive(Debug)]
pub struct Pick {
    cluster: Arc<Cluster>,
    index: usize,
}

impl Pick {
    pub(super) fn new(cluster: Arc<Cluster>, index: usize) -> Self {
        cluster.endpoints()[index].begin();
        Self { cluster, index }
    }

    /// Where the call goes.
    pub fn address(&self) -> &Address {
        self.endpoint().address()
    }

    /// The replica.
    pub fn endpoint(&self) -> &Endpoint {
        &self.cluster.endpoints()[self.index]
    }

    /// Its number among the replicas of its group: what a retry says it does not want.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Says how the call ended.
    pub fn done(self, outcome: Outcome) {
        self.cluster.report(self.index, outcome);
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        self.cluster.endpoints()[self.index].end();
    }
}
