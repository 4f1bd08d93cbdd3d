//! What a process asks of its routing rules.

use std::{error::Error, fmt};

use http::uri::{Authority, Scheme};

use crate::{
    decide::Belongs,
    dye::{Lane, Origin, Roll},
    report::Seen,
};

/// Why a call has no way to go: an error of the rules, with what to do.
pub type Unrouted = Box<dyn Error + Send + Sync>;

/// Routing rules, as a process asks them.
pub trait Route: fmt::Debug + Send + Sync {
    /// Where a call of this process to a service goes; `None` if the rules have no service of this name.
    ///
    /// # Errors
    ///
    /// The rules leave the call no way to go.
    fn route(&self, lane: &Lane, from: &Origin, service: &str) -> Result<Option<Routed>, Unrouted>;

    /// Whether a call belongs to a process. `iteration` is that of its dye.
    fn belongs(&self, iteration: Option<&str>, process: &Origin) -> Belongs;
}

/// Where a call goes.
#[derive(Debug)]
pub struct Routed {
    /// How the endpoint is spoken to.
    pub scheme: Scheme,
    /// The endpoint.
    pub authority: Authority,
    /// The group that was decided.
    pub group: Box<str>,
    /// What the weights were rolled with, if it is not the job's roll.
    pub roll: Option<Roll>,
    /// How it is counted beside [`Seen::Sent`], if it leaves its lane or lacks a dye inside one.
    pub leak: Option<Seen>,
    /// Who wants to know how it ends.
    pub ticket: Box<dyn Ticket>,
}

/// A call that is under way. Dropped without an end, such as when the caller gives up, it says nothing of the
/// endpoint's health.
pub trait Ticket: fmt::Debug + Send + Sync {
    /// The call has ended; `healthy` says whether the endpoint did its work.
    fn end(self: Box<Self>, healthy: bool);
}
