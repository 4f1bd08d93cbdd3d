//! What a job is submitted with, and what it gathers besides its tasks.

use std::sync::Arc;

use crate::{plan::Plan, time::Millis};

/// A job as it is submitted. The engine reads the plan and what orders the queues; the rest it keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobSpec {
    /// The chain's name.
    pub chain: String,
    /// The chain's version; empty when it has none.
    pub version: String,
    /// The parameters as typed, one JSON document.
    pub params_typed: String,
    /// The parameters as resolved, one JSON document.
    pub params_resolved: String,
    /// An id that succeeds once: a second submit with it gets the first job.
    pub dedup: Option<String>,
    /// The parameters of each node, in bytes that only workers understand.
    pub node_params: Arc<[u8]>,
    /// What the inputs looked like at launch, in bytes that only the shell understands.
    pub fingerprints: Arc<[u8]>,
    /// The chain as it was written, in bytes that only the shell understands.
    pub chain_source: Arc<[u8]>,
    /// Where chance comes from: the jitter of back-offs.
    pub seed: u64,
    /// Words to select jobs by, `(key, value)`.
    pub labels: Vec<(String, String)>,
    /// Who it belongs to; empty for nobody in particular.
    pub tenant: String,
    /// Larger goes first.
    pub priority: i32,
    /// Attempts of the whole job that may run at once.
    pub concurrency: Option<u32>,
    /// Nothing of it runs before this.
    pub due: Option<Millis>,
    /// How long it stays in memory once it has ended; `None` is a day.
    pub retain_ms: Option<u64>,
    /// The live parameters at the start, in bytes that only workers understand. They have version 1.
    pub live_params: Arc<[u8]>,
    /// The chain cut into stages; never planned again.
    pub plan: Plan,
}

/// Parameters that may change on a running job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveParams {
    /// Larger is newer; counted from 1.
    pub version: u32,
    /// Bytes that only workers understand.
    pub bytes: Arc<[u8]>,
}

/// A build of a program that has processors: what runs a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The same for the same program, and for no other.
    pub id: u64,
    /// When it was built, for people.
    pub at: Millis,
}

/// A line in a job's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When it was written.
    pub at: Millis,
    /// What happened.
    pub text: String,
    /// What happened, if it was a change of the program.
    pub rebuilt: Option<Rebuilt>,
}

/// A job went on with another build of its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The build that ran it before; `None` if that was not noted.
    pub from: Option<Build>,
    /// The build that runs it now.
    pub to: Build,
}
