//! The table: what a decision looks up.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Chains, Names, Size, hops::Hops, targets::Targets};
use crate::{health::Cluster, rules::Balance};

/// Numbers tables, so that two can be told apart.
static LAST_VERSION: AtomicU64 = AtomicU64::new(0);

/// A service or topic in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// Its clusters are the members from here, sorted by group.
    pub first: u32,
    pub groups: u32,
    /// How its endpoints share the calls of hops that do not say.
    pub balance: Balance,
}

/// A group of a service, or of a topic.
#[derive(Debug)]
pub(crate) struct Member {
    pub service: u32,
    pub group: u32,
    pub cluster: Arc<Cluster>,
    /// The name of the topic, if it is one.
    pub topic: Option<Box<str>>,
}

/// Rules, compiled: immutable, and shared by all who decide.
pub struct Table {
    pub(crate) file: String,
    pub(crate) version: u64,
    /// Services and topics, these with `topic:`.
    pub(crate) names: Names,
    pub(crate) groups: Names,
    pub(crate) services: Vec<Service>,
    /// The groups of all services; a cluster's number is its place here.
    pub(crate) members: Vec<Member>,
    pub(crate) chains: Chains,
    pub(crate) hops: Hops,
    pub(crate) targets: Targets,
    pub(crate) default_group: u32,
    /// By group: whether it is one of a lane.
    pub(crate) in_lane: Vec<bool>,
    pub(super) rules: usize,
    pub(super) chain_count: usize,
}

impl Table {
    /// A number that no other table of this process has; later tables have higher ones.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What the rules file is called.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The group of calls that belong to no lane.
    pub fn default_group(&self) -> &str {
        self.groups.get(self.default_group)
    }

    /// Whether a group belongs to a lane: stages of a chain run in it, or a hop leads to it, and it is not the default
    /// group.
    pub fn is_lane_group(&self, group: &str) -> bool {
        self.groups.id(group).is_some_and(|id| self.in_lane[id as usize])
    }

    /// The group that an iteration's own stages run in.
    pub fn workers(&self, iteration: &str) -> &str {
        self.chains.lane(iteration).map_or(self.default_group(), |lane| self.groups.get(lane.own.workers))
    }

    /// Every group of every service and topic: service (or `topic:…`), group, replicas.
    pub fn clusters(&self) -> impl Iterator<Item = (&str, &str, &Arc<Cluster>)> {
        let name = |member: &Member| (self.names.get(member.service), self.groups.get(member.group));
        self.members.iter().map(move |member| {
            let (service, group) = name(member);
            (service, group, &member.cluster)
        })
    }

    /// The number of the cluster of a service's group.
    #[inline]
    pub(crate) fn cluster(&self, service: u32, group: u32) -> Option<u32> {
        let service = self.services[service as usize];
        let members = &self.members[service.first as usize..][..service.groups as usize];
        let at = match members {
            // Most services have a few.
            few if few.len() <= 8 => few.iter().position(|member| member.group == group)?,
            many => many.binary_search_by_key(&group, |member| member.group).ok()?,
        };
        Some(service.first + at as u32)
    }

    /// How much it holds and takes.
    pub fn size(&self) -> Size {
        let bytes = self.names.bytes()
            + self.groups.bytes()
            + self.services.capacity() * size_of::<Service>()
            + self.members.capacity() * size_of::<Member>()
            + self.chains.bytes()
            + self.hops.bytes()
            + self.targets.bytes();
        let (services, clusters) = (self.services.len(), self.members.len());
        Size { services, clusters, chains: self.chain_count, rules: self.rules, bytes }
    }
}

/// The number of a new table.
pub(super) fn next_version() -> u64 {
    LAST_VERSION.fetch_add(1, Ordering::Relaxed) + 1
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} #{}, {})", self.file, self.version, self.size())
    }
}
