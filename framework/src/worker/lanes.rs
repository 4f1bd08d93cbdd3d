//! How the attempts of a process call services: by which rules, through which connections, counted where.

use std::{fmt, sync::Arc};

use dyeline_processors::contract::context::Calling;
use dyeline_router::{
    dye::Lane,
    propagate::DyeStats,
    reload::Live,
    report::{Calls, Report},
};

/// What all attempts of a process share to call services. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lanes {
    live: Option<Arc<Live>>,
    calls: Arc<Calls>,
    stats: Arc<DyeStats>,
}

impl Lanes {
    /// Calls go where the rules in use send them; without any, to the addresses they name.
    pub fn new(live: Option<Arc<Live>>) -> Self {
        Self { live, ..Self::default() }
    }

    /// The calls so far.
    pub fn report(&self) -> Report {
        self.calls.report()
    }

    /// How an attempt of a chain calls, in a group.
    pub(super) fn calling(&self, _chain: &str, _group: &str, lane: &Lane) -> Calling {
        Calling { lane: lane.clone() }
    }

    /// The rules in use.
    pub fn live(&self) -> Option<&Arc<Live>> {
        self.live.as_ref()
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("stats", &self.stats).finish_non_exhaustive()
    }
}
