//! Where a call goes.

use std::{fmt, sync::Arc};

use super::Ask;
use crate::{
    health::{Cluster, Pick},
    rules::Balance,
    table::Table,
};

/// A call that leaves the order of lanes. Counted and shown, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leak {
    /// A dyed call goes to the default group though no rule sends it there: the chain is permissive, or it fell back.
    LeftLane,
    /// A call without a known dye comes from a process of a lane.
    Undyed,
}

/// Where a call goes: a group of a service, or a topic. It belongs to the table that made it.
#[derive(Clone, Copy)]
pub struct Decision<'t> {
    pub(super) table: &'t Table,
    pub(super) cluster: u32,
    pub(super) balance: Balance,
    pub(super) line: Option<u32>,
    pub(super) roll: Option<u64>,
    pub(super) fell_back: bool,
    pub(super) leak: Option<Leak>,
}

impl<'t> Decision<'t> {
    /// The service, or the topic as `topic:posted`.
    pub fn service(&self) -> &'t str {
        self.table.names.get(self.table.members[self.cluster as usize].service)
    }

    /// The group.
    pub fn group(&self) -> &'t str {
        self.table.groups.get(self.table.members[self.cluster as usize].group)
    }

    /// The name that the topic of this lane has at the broker, if the call is to a topic.
    pub fn topic(&self) -> Option<&'t str> {
        self.table.members[self.cluster as usize].topic.as_deref()
    }

    /// The replicas of the group.
    pub fn cluster(&self) -> &'t Arc<Cluster> {
        &self.table.members[self.cluster as usize].cluster
    }

    /// How the replicas share the calls.
    pub fn balance(&self) -> Balance {
        self.balance
    }

    /// The line of the rule that decided, if one did.
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// What the weights were rolled with, if a rule decided: what travels on as `x-dye-roll`.
    pub fn roll(&self) -> Option<u64> {
        self.roll
    }

    /// Whether the group that was meant is down and this is a fallback.
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// Whether the call leaves its lane, or lacks a dye inside one.
    pub fn leak(&self) -> Option<Leak> {
        self.leak
    }

    /// The table that decided.
    pub fn table(&self) -> &'t Table {
        self.table
    }

    /// The replica for this call; none for a topic.
    pub fn pick(&self, ask: &Ask<'_>) -> Option<Pick> {
        self.pick_not(ask, None)
    }

    /// The replica for a retry: not the one with this number, if there is another.
    pub fn pick_not(&self, ask: &Ask<'_>, not: Option<usize>) -> Option<Pick> {
        let key = if self.balance == Balance::Rendezvous { ask.job_key() } else { None };
        self.cluster().pick(self.balance, key, ask.chance, not)
    }
}

/// Two decisions are the same if they send a call to the same place for the same rule.
impl PartialEq for Decision<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.table.version == other.table.version
            && (self.cluster, self.balance, self.line, self.roll, self.fell_back, self.leak)
                == (other.cluster, other.balance, other.line, other.roll, other.fell_back, other.leak)
    }
}

impl Eq for Decision<'_> {}

impl fmt::Debug for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("service", &self.service())
            .field("group", &self.group())
            .field("line", &self.line)
            .field("roll", &self.roll)
            .field("fell_back", &self.fell_back)
            .field("leak", &self.leak)
            .finish()
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service(), self.group())
    }
}
