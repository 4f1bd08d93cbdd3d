//! A connection to an endpoint, and what may go wrong with it.

use std::{io, time::Duration};

use super::head::Malformed;
use crate::proxy::{body::BodyError, clock::Deadline, pool::Place, wire::Wire};

/// A connection to an endpoint.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) wire: Wire,
    pub(crate) deadline: Deadline,
    /// How long it may be kept idle; less than what the endpoint announced.
    pub(crate) idle_for: Duration,
    /// Whether it has served a request before.
    pub(crate) reused: bool,
    /// Its place among the endpoint's connections, free once it is dropped.
    pub(crate) _place: Place,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The endpoint closed the connection before it answered.
    Closed,
    /// The connection broke.
    Io(io::Error),
    /// What came is no response.
    Malformed(Malformed),
    /// Nothing came in time.
    Silent,
    /// The request's body broke off.
    Request(BodyError),
}
