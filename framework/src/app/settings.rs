//! How an application serves.

use std::{collections::BTreeMap, fmt, net::SocketAddr, sync::Arc, time::Duration};

use dyeline_router::{
    propagate::{Edge, Hosts},
    reload::Live,
    rules::Rules,
};

/// How long requests and consumers may take to come to their end.
const DRAIN: Duration = Duration::from_secs(30);

/// How an application serves.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// The group of this process.
    pub group: String,
    /// The rules. Without any, everything starts, everybody is served, and calls go to the addresses they name.
    pub rules: Option<RulesFor>,
    /// Where servers listen, by name; one that is not named takes a free port of the loopback interface.
    pub listen: BTreeMap<String, SocketAddr>,
    /// Where counts and health are shown.
    pub admin: Option<SocketAddr>,
    /// Servers that face the outside, by name, and what is done there to the dye of a request.
    pub edge: BTreeMap<String, Edge>,
    /// How long requests and consumers may take to come to their end; what takes longer is cut off.
    pub drain: Duration,
}

/// Rules as a process obeys them.
#[derive(Clone)]
pub struct RulesFor {
    /// What the file said when the process started: what starts in a group is decided once.
    pub rules: Arc<Rules>,
    /// The table in use, which may be swapped while the process runs.
    pub live: Arc<Live>,
    /// Where dyes may go, if the file says so.
    pub hosts: Option<Hosts>,
}

impl fmt::Debug for RulesFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RulesFor").field("file", &self.rules.source.name()).finish_non_exhaustive()
    }
}

impl ServeSettings {
    /// Serves as this group, and as nothing else is said.
    pub fn of_group(group: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            rules: None,
            listen: BTreeMap::new(),
            admin: None,
            edge: BTreeMap::new(),
            drain: DRAIN,
        }
    }
}
