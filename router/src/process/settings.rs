//! What a process knows of itself.

use std::sync::Arc;

use super::Route;
use crate::{
    decide::Belongs,
    dye::Origin,
    propagate::{DyeStats, Edge, Hosts},
    report::Calls,
};

/// A process of a service and a group, with what all its calls have in common. Cloning counts a reference.
///
/// As it is made, it calls as this service and group, stamps its calls to any host, takes everything, and trusts
/// the dyes it receives.
#[derive(Clone, Debug)]
pub struct Process {
    settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
struct Settings {
    origin: Origin,
    rules: Option<Arc<dyn Route>>,
    hosts: Hosts,
    edge: Edge,
    stats: Arc<DyeStats>,
    calls: Arc<Calls>,
}

impl Process {
    /// A process of this service and group.
    pub fn new(origin: Origin) -> Self {
        let settings = Settings {
            origin,
            rules: None,
            hosts: Hosts::any(),
            edge: Edge::Trust,
            stats: Arc::default(),
            calls: Arc::default(),
        };
        Self { settings: Arc::new(settings) }
    }

    /// Routes its calls by rules, and refuses what does not belong by the same.
    #[must_use]
    pub fn with_rules(mut self, rules: Arc<dyn Route>) -> Self {
        self.settings_mut().rules = Some(rules);
        self
    }

    /// Lets dyes go to these hosts only: `only_to` of the rules.
    #[must_use]
    pub fn with_hosts(mut self, hosts: Hosts) -> Self {
        self.settings_mut().hosts = hosts;
        self
    }

    /// What happens to the dyes it receives: for a process that is reached from outside.
    #[must_use]
    pub fn with_edge(mut self, edge: Edge) -> Self {
        self.settings_mut().edge = edge;
        self
    }

    /// Counts what happens to dyes here.
    #[must_use]
    pub fn with_stats(mut self, stats: Arc<DyeStats>) -> Self {
        self.settings_mut().stats = stats;
        self
    }

    /// Counts calls here.
    #[must_use]
    pub fn with_calls(mut self, calls: Arc<Calls>) -> Self {
        self.settings_mut().calls = calls;
        self
    }

    /// Its service and group.
    pub fn origin(&self) -> &Origin {
        &self.settings.origin
    }

    /// The counts of what happened to dyes.
    pub fn stats(&self) -> &Arc<DyeStats> {
        &self.settings.stats
    }

    /// The counts of calls.
    pub fn calls(&self) -> &Arc<Calls> {
        &self.settings.calls
    }

    /// Where its dyes may go.
    pub fn hosts(&self) -> &Hosts {
        &self.settings.hosts
    }

    pub(super) fn edge(&self) -> &Edge {
        &self.settings.edge
    }

    pub(super) fn rules(&self) -> Option<&dyn Route> {
        self.settings.rules.as_deref()
    }

    /// Whether it is of a lane's group, and traffic with this iteration belongs to it.
    pub(super) fn belongs(&self, iteration: Option<&str>) -> Belongs {
        self.rules().map_or(Belongs::Yes, |rules| rules.belongs(iteration, self.origin()))
    }

    fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut self.settings)
    }
}
