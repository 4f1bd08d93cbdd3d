//! Where a call goes.

use std::{fmt, sync::Arc};

use super::Ask;
use crate::{
    health::{Cluster, Pick},
    rules::Balance,
    table::{Member, Table},
};

/// A call that leaves the order of lanes. Counted and shown, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leak {
    /// A dyed call goes to the default group though no rule sends it there: the chain is permissive, or it fell back.
    LeftLane,
    /// A call without a known dye comes from a process of a lane.
    Undyed,
}

/// What was decided, apart from the table that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub cluster: u32,
    pub balance: Balance,
    pub line: Option<u32>,
    pub roll: Option<u64>,
    pub fell_back: bool,
    pub leak: Option<Leak>,
}

/// Where a call goes: a group of a service, or a topic. It belongs to the table that made it.
#[derive(Clone, Copy)]
pub struct Decision<'t> {
    table: &'t Table,
    choice: Choice,
}

impl<'t> Decision<'t> {
    /// What a table chose.
    #[inline]
    pub(crate) fn new(table: &'t Table, choice: Choice) -> Self {
        Self { table, choice }
    }

    /// What was chosen, without the table.
    pub(crate) fn choice(&self) -> Choice {
        self.choice
    }

    fn member(&self) -> &'t Member {
        &self.table.members[self.choice.cluster as usize]
    }

    /// The service, or the topic as `topic:posted`.
    pub fn service(&self) -> &'t str {
        self.table.names.get(self.member().service)
    }

    /// The group.
    pub fn group(&self) -> &'t str {
        self.table.groups.get(self.member().group)
    }

    /// The name that the topic of this lane has at the broker, if the call is to a topic.
    pub fn topic(&self) -> Option<&'t str> {
        self.member().topic.as_deref()
    }

    /// The replicas of the group.
    pub fn cluster(&self) -> &'t Arc<Cluster> {
        &self.member().cluster
    }

    /// How the replicas share the calls.
    pub fn balance(&self) -> Balance {
        self.choice.balance
    }

    /// The line of the rule that decided, if one did.
    pub fn line(&self) -> Option<u32> {
        self.choice.line
    }

    /// What the weights were rolled with, if a rule decided: what travels on as `x-dye-roll`.
    pub fn roll(&self) -> Option<u64> {
        self.choice.roll
    }

    /// Whether the group that was meant is down and this is a fallback.
    pub fn fell_back(&self) -> bool {
        self.choice.fell_back
    }

    /// Whether the call leaves its lane, or lacks a dye inside one.
    pub fn leak(&self) -> Option<Leak> {
        self.choice.leak
    }

    /// The table that decided.
    pub fn table(&self) -> &'t Table {
        self.table
    }

    /// The replica for this call; none for a topic.
    pub fn pick(&self, ask: &Ask<'_>) -> Option<Pick> {
        self.cluster().pick(self.choice.balance, self.key(ask), ask.chance, None)
    }

    /// The hash of the job, where endpoints go by it.
    pub(crate) fn key(&self, ask: &Ask<'_>) -> Option<u64> {
        if self.choice.balance == Balance::Rendezvous { ask.job_key() } else { None }
    }
}

/// Two decisions are the same if they send a call to the same place for the same rule.
impl PartialEq for Decision<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.table.version == other.table.version && self.choice == other.choice
    }
}

impl Eq for Decision<'_> {}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("service", &self.service())
            .field("group", &self.group())
            .field("line", &self.choice.line)
            .field("roll", &self.choice.roll)
            .field("fell_back", &self.choice.fell_back)
            .field("leak", &self.choice.leak)
            .finish()
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service(), self.group())
    }
}
