//! What an application can start: erased, until its group starts it.

use std::{future::Future, pin::Pin};

use dyeline_processors::Result;
use dyeline_router::{process::Process, rules::StartKind};

use super::{Scope, listener::Connections};

/// A consumer at work.
pub(super) type Work = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// How a component comes to be, once its scope is known.
pub(super) enum Make {
    /// A server, whose requests are received by a process.
    Server(Box<dyn FnOnce(Scope, Process) -> Box<dyn Connections> + Send>),
    /// A consumer.
    Consumer(Box<dyn FnOnce(Scope) -> Work + Send>),
}

/// A named part of an application.
pub(super) struct Component {
    /// What it is.
    pub kind: StartKind,
    /// Its name, unique among those of its kind.
    pub name: String,
    /// How it starts.
    pub make: Make,
}
