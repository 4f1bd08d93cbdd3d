//! How the attempts of a process call services: by which rules, through which connections, counted where.

#[cfg(feature = "http")]
use std::sync::OnceLock;
use std::{fmt, sync::Arc};

#[cfg(feature = "http")]
use dyeline_processors::lanes::{Clients, Connections};
use dyeline_processors::{Error, Result, contract::context::Calling};
use dyeline_router::{
    dye::{Lane, Origin},
    process::{Process, Route},
    propagate::{DyeStats, Hosts},
    reload::Live,
    report::{Calls, Report},
};

/// What all attempts of a process share to call services. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lanes {
    live: Option<Arc<Live>>,
    hosts: Option<Hosts>,
    calls: Arc<Calls>,
    stats: Arc<DyeStats>,
    #[cfg(feature = "http")]
    connections: Arc<OnceLock<Connections>>,
}

impl Lanes {
    /// Calls go where the rules in use send them, and dyes to these hosts only; without any, to the addresses they
    /// name.
    pub fn new(live: Option<Arc<Live>>, hosts: Option<Hosts>) -> Self {
        Self { live, hosts, ..Self::default() }
    }

    /// The calls so far.
    pub fn report(&self) -> Report {
        self.calls.report()
    }

    /// The rules in use.
    pub fn live(&self) -> Option<&Arc<Live>> {
        self.live.as_ref()
    }

    /// Who the stages of a chain are in a group: a process that is called like the chain.
    ///
    /// # Errors
    /// The names are none that a call can carry.
    pub fn process(&self, chain: &str, group: &str) -> Result<Process> {
        let origin = Origin::new(chain, group).ok_or_else(|| {
            Error::fatal(format!("call services as `{chain}` of group `{group}`: bad names"))
        })?;
        let mut process =
            Process::new(origin).with_calls(Arc::clone(&self.calls)).with_stats(Arc::clone(&self.stats));
        if let Some(live) = &self.live {
            process = process.with_rules(Arc::clone(live) as Arc<dyn Route>);
        }
        if let Some(hosts) = &self.hosts {
            process = process.with_hosts(hosts.clone());
        }
        Ok(process)
    }

    /// How an attempt of a chain calls, in a group.
    #[cfg(feature = "http")]
    pub(super) fn calling(&self, chain: &str, group: &str, lane: &Lane) -> Result<Calling> {
        let connections = self.connections.get_or_init(Connections::new).clone();
        let clients = Clients::new(self.process(chain, group)?, connections).in_lane(lane.clone());
        Ok(Calling { lane: lane.clone(), clients: Some(clients) })
    }

    /// How an attempt of a chain calls, in a group: this build has no clients of its own.
    #[cfg(not(feature = "http"))]
    #[expect(clippy::unnecessary_wraps, reason = "with clients it can fail")]
    pub(super) fn calling(&self, _: &str, _: &str, lane: &Lane) -> Result<Calling> {
        Ok(Calling { lane: lane.clone() })
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes").field("stats", &self.stats).finish_non_exhaustive()
    }
}
