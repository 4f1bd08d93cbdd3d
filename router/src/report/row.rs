//! What is shown: rows of counts, in an order that does not change between two looks.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The calls of one chain over one hop, between two groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// The chain; empty for calls without a dye.
    pub chain: String,
    /// The chain's version; empty if the dye names none.
    pub version: String,
    /// The service that calls; empty if it does not say.
    pub from: String,
    /// The service that is called.
    pub to: String,
    /// The group of the process that calls; empty if it does not say.
    pub from_group: String,
    /// The group that is called; empty if none was found.
    pub to_group: String,
    /// How many of which kind.
    #[serde(flatten)]
    pub counts: Totals,
}

impl Row {
    /// The hop as rules write it: `ledger -> risk`.
    pub fn hop(&self) -> String {
        if self.from.is_empty() { self.to.clone() } else { format!("{} -> {}", self.from, self.to) }
    }

    /// The chain and its version as rules write it: `fund-income@3`.
    pub fn iteration(&self) -> String {
        if self.version.is_empty() { self.chain.clone() } else { format!("{}@{}", self.chain, self.version) }
    }
}

/// Counts of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Totals {
    /// Calls that were sent.
    pub sent: u64,
    /// Calls that were received.
    pub received: u64,
    /// Calls that found no group, no healthy endpoint, or no connection.
    pub failed: u64,
    /// Dyed calls that left their lane: by a fallback, or to a group that they do not belong to.
    pub crossed: u64,
    /// Calls inside of a lane that carried no dye.
    pub undyed: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.failed += other.failed;
        self.crossed += other.crossed;
        self.undyed += other.undyed;
    }
}

/// All rows at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The sums.
    pub totals: Totals,
    /// The rows, sorted by chain, version, hop and groups.
    pub calls: Vec<Row>,
}

impl Report {
    /// A report of these rows.
    pub fn of(rows: impl IntoIterator<Item = Row>) -> Self {
        let mut calls: Vec<Row> = rows.into_iter().collect();
        calls.sort_unstable();
        let mut totals = Totals::default();
        for row in &calls {
            totals += row.counts;
        }
        Self { totals, calls }
    }

    /// Whether nothing left its lane, and everything in it was dyed.
    pub fn is_tight(&self) -> bool {
        self.totals.crossed == 0 && self.totals.undyed == 0
    }
}
