//! What a rules file says, as read: every name with its place.

use std::{collections::HashMap, time::Duration};

use super::Address;
use crate::propagate::Hosts;
use crate::toml::{Place, Source};

/// The default group, unless the file names another one.
pub const DEFAULT_GROUP: &str = "online";

/// What a topic is called as the target of a hop: `topic:posted`.
pub const TOPIC: &str = "topic:";

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// A rules file whose names all lead somewhere.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Its text.
    pub source: Source,
    /// The group of calls that belong to no lane.
    pub default_group: String,
    /// What holds for dyes.
    pub dye: DyeRules,
    /// Services and topics, in the order of the file.
    pub services: Vec<ServiceRule>,
    /// What starts in the processes of each group.
    pub groups: Vec<GroupRule>,
    /// Chains and their iterations, in the order of the file.
    pub chains: Vec<ChainRule>,
    /// The tests of the file.
    pub tests: Vec<TestRule>,
    /// Targets of hops → place in `services`.
    pub(super) targets: HashMap<String, usize>,
    /// Iterations → place in `chains`.
    pub(super) iterations: HashMap<String, usize>,
}

impl Rules {
    /// The service or topic of this name, a topic as `topic:posted`.
    pub fn service(&self, target: &str) -> Option<&ServiceRule> {
        self.services.get(*self.targets.get(target)?)
    }

    /// The chain of this name, or the iteration of this `name@version`; exactly.
    pub fn chain(&self, iteration: &str) -> Option<&ChainRule> {
        self.chains.get(*self.iterations.get(iteration)?)
    }

    /// The rules that hold for an iteration, the most specific first: those of `name@version`, then those of `name`.
    pub fn chains_of<'a>(&'a self, iteration: &str) -> impl Iterator<Item = &'a ChainRule> + use<'a> {
        let base = iteration.split_once('@').map(|(name, _)| name);
        let found = [self.chain(iteration), base.and_then(|name| self.chain(name))];
        found.into_iter().flatten()
    }

    /// The group that an iteration's own stages run in: what the most specific rule says, else the default group.
    pub fn workers(&self, iteration: &str) -> &str {
        let named = self.chains_of(iteration).find_map(|chain| chain.workers.as_ref());
        named.map_or(&self.default_group, |workers| &workers.value)
    }

    /// Whether a process of a group starts something: what its table says; everything, if it has no table.
    pub fn starts(&self, group: &str, kind: StartKind, name: &str) -> bool {
        let table = self.groups.iter().find(|rule| rule.name.value == group);
        table.is_none_or(|rule| rule.start.iter().any(|start| start.value.covers(kind, name)))
    }
}

/// `[dye]`: how far dyes from outside are believed, and where they may go.
#[derive(Clone, Debug, Default)]
pub struct DyeRules {
    /// What is done to dyes at the edge.
    pub edge: Edge,
    /// Patterns of the hosts that a dye may be sent to; empty if it may go everywhere.
    pub only_to: Vec<Placed<String>>,
}

impl DyeRules {
    /// The hosts that a dye may be sent to.
    pub fn hosts(&self) -> Hosts {
        if self.only_to.is_empty() {
            return Hosts::any();
        }
        // Reading the file refused what is no pattern.
        Hosts::parse(self.only_to.iter().map(|pattern| pattern.value.as_str()))
            .unwrap_or_else(|_| Hosts::none())
    }
}

/// What is done at the edge to dyes from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edge {
    /// They are removed.
    #[default]
    Strip,
    /// They are kept if their code proves who made them, else removed.
    Verify,
    /// They are kept.
    Trust,
}

/// A service, or a topic: a service whose groups are topics.
#[derive(Clone, Debug)]
pub struct ServiceRule {
    /// Its name, without `topic:`.
    pub name: Placed<String>,
    /// Its groups, in the order of the file.
    pub groups: Vec<ServiceGroup>,
    /// Whether it is a topic.
    pub is_topic: bool,
    /// How its endpoints share the calls, unless a hop says otherwise.
    pub balance: Balance,
    /// When its endpoints count as down.
    pub health: HealthRule,
}

impl ServiceRule {
    /// What it is called as the target of a hop: `ledger`, `topic:posted`.
    pub fn target(&self) -> String {
        if self.is_topic { format!("{TOPIC}{}", self.name.value) } else { self.name.value.clone() }
    }

    /// One of its groups.
    pub fn group(&self, name: &str) -> Option<&ServiceGroup> {
        self.groups.iter().find(|group| group.name.value == name)
    }
}

/// One group of a service or topic.
#[derive(Clone, Debug)]
pub struct ServiceGroup {
    /// Its name.
    pub name: Placed<String>,
    /// What it consists of.
    pub members: Members,
}

impl ServiceGroup {
    /// How many replicas it has; none if it is a topic.
    pub fn endpoints(&self) -> usize {
        match &self.members {
            Members::Endpoints(list) => list.len(),
            Members::Topic(_) => 0,
        }
    }
}

/// What a group of a service consists of.
#[derive(Clone, Debug)]
pub enum Members {
    /// Replicas at these addresses, at least one.
    Endpoints(Vec<Placed<Address>>),
    /// The topic of this name.
    Topic(Placed<String>),
}

/// How the endpoints of a group share its calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Balance {
    /// Of two drawn endpoints the one with fewer calls in flight (Mitzenmacher, *The Power of Two Choices in
    /// Randomized Load Balancing*, 2001).
    #[default]
    P2c,
    /// Always the same endpoint for one job, moving few jobs when endpoints come and go (highest random weight: Thaler
    /// and Ravishankar, 1998). A call without a job is balanced by [`Balance::P2c`].
    Rendezvous,
}

/// When an endpoint counts as down. Calls tell it; nothing is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthRule {
    /// It is ejected after this many failures in a row.
    pub failures: u32,
    /// Over this long its success rate is taken.
    pub window: Duration,
    /// The fewest calls in a window that a rate says something of.
    pub min_calls: u32,
    /// It is ejected when its success rate falls below this many parts of a million.
    pub success_ppm: u32,
    /// For how long it is ejected: the first time, doubling up to the longest.
    pub backoff: (Duration, Duration),
    /// The most endpoints of a group that may be ejected at once, in parts of a million, rounded down.
    pub max_ejected_ppm: u32,
}

impl Default for HealthRule {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(10),
            min_calls: 20,
            success_ppm: 500_000,
            backoff: (Duration::from_secs(1), Duration::from_secs(60)),
            max_ejected_ppm: 1_000_000,
        }
    }
}

impl HealthRule {
    /// How many of a group's endpoints may be ejected at once.
    pub fn most_ejected(&self, endpoints: usize) -> usize {
        usize::try_from(endpoints as u64 * u64::from(self.max_ejected_ppm) / 1_000_000).unwrap_or(endpoints)
    }
}

/// `[groups.NAME]`: what starts in a process of this group.
#[derive(Clone, Debug)]
pub struct GroupRule {
    /// The group.
    pub name: Placed<String>,
    /// What starts.
    pub start: Vec<Placed<Start>>,
}

/// What a `start` entry names: `consumer:posted`, `processor:*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The kind of thing.
    pub kind: StartKind,
    /// Its name; a `*` at the end stands for anything.
    pub name: String,
}

impl Start {
    /// Whether it names this thing.
    pub fn covers(&self, kind: StartKind, name: &str) -> bool {
        let named = match self.name.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => self.name == name,
        };
        kind == self.kind && named
    }
}

/// The kinds of things that start in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartKind {
    /// A processor of chains.
    Processor,
    /// An HTTP server.
    Http,
    /// A gRPC server.
    Grpc,
    /// A consumer of a topic.
    Consumer,
    /// A schedule.
    Schedule,
}

/// `[chains.NAME]` or `[chains."NAME@VERSION"]`: one lane.
#[derive(Clone, Debug)]
pub struct ChainRule {
    /// The chain or iteration, as written.
    pub iteration: Placed<String>,
    /// The group its own stages run in.
    pub workers: Option<Placed<String>>,
    /// What becomes of hops without a rule; an iteration that does not say takes its chain's.
    pub mode: Option<Mode>,
    /// What weights are rolled with; an iteration that does not say takes its chain's.
    pub roll: Option<RollBy>,
    /// Its hops, in the order of the file.
    pub hops: Vec<HopRule>,
}

/// What becomes of a dyed call for whose hop nothing is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is an error.
    #[default]
    Strict,
    /// It goes to the caller's own group if the service has it, else to the default group.
    Permissive,
}

/// What the weights of a hop are rolled with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RollBy {
    /// The job: all its calls go one way.
    #[default]
    Job,
    /// The job and the hop: each hop goes its own way, the same for all calls of a job.
    Hop,
    /// Chance, call by call.
    Call,
}

/// The rule of one hop.
#[derive(Clone, Debug)]
pub struct HopRule {
    /// The service that calls, if the rule is about one only.
    pub from: Option<String>,
    /// The service that is called, or `topic:…`.
    pub to: String,
    /// Where its key stands.
    pub place: Place,
    /// The groups and their weights, sorted by name; at least one weight is above 0.
    pub shares: Vec<Share>,
    /// Where calls go when their group has no healthy endpoint, in this order.
    pub if_down: Vec<Placed<String>>,
    /// How endpoints share the calls, if the hop says it.
    pub balance: Option<Balance>,
}

impl HopRule {
    /// How it is written: `risk`, `ledger -> risk`.
    pub fn key(&self) -> String {
        match &self.from {
            Some(from) => format!("{from} -> {}", self.to),
            None => self.to.clone(),
        }
    }
}

/// A group and its weight.
#[derive(Clone, Debug)]
pub struct Share {
    /// The group.
    pub group: Placed<String>,
    /// Its weight.
    pub weight: u32,
}

/// `[[test]]`: a job, and the path it has to take.
#[derive(Clone, Debug)]
pub struct TestRule {
    /// Where it begins.
    pub place: Place,
    /// The chain or iteration.
    pub iteration: Placed<String>,
    /// The job, from which the roll follows.
    pub job: Option<String>,
    /// The roll, if it is given; with `roll = "call"` the chance of every call.
    pub roll: Option<u64>,
    /// The service that makes the first call; the chain's own stages, if none is named.
    pub from: Option<Placed<String>>,
    /// Groups without a healthy endpoint.
    pub down: Vec<Placed<Step>>,
    /// The hops, each from the service before it.
    pub path: Vec<Placed<Step>>,
}

/// A service or topic and one of its groups: `ledger:batch`, `topic:posted:batch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The service, or `topic:…`.
    pub to: String,
    /// The group.
    pub group: String,
}
