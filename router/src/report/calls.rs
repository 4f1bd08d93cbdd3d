//! Counters of calls, shared by all threads of a process.

use std::{
    array,
    hash::{BuildHasher, RandomState},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use hashbrown::HashTable;

use super::{Report, Row, Totals};

/// The most rows that are kept apart. Names in dyes come from outside: what goes beyond is counted in one row, all of
/// whose names are [`OTHERS`].
pub const MAX_ROWS: usize = 4_096;

/// The name of everything that has no row of its own.
const OTHERS: &str = "(others)";

/// Which call it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hop<'a> {
    /// `chain[@version]`; empty without a dye.
    pub iteration: &'a str,
    /// The service that calls; empty if it does not say.
    pub from: &'a str,
    /// The group of the process that calls; empty if it does not say.
    pub from_group: &'a str,
    /// The service that is called.
    pub to: &'a str,
    /// The group that is called; empty if none was found.
    pub to_group: &'a str,
}

/// What is counted of a call. One call can be several of these: sent, and crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// This process sent it.
    Sent,
    /// This process received it.
    Received,
    /// It found no group, no healthy endpoint, or no connection.
    Failed,
    /// It left its lane by a fallback that the rules name.
    Fallback,
    /// It carries the dye of another lane than the group it came to.
    Foreign,
    /// It is inside of a lane and carries no dye.
    Undyed,
}

/// The number of kinds of [`Seen`].
const KINDS: usize = 6;

/// Counts calls by chain, hop and groups. The rows are bounded by [`MAX_ROWS`].
#[derive(Debug, Default)]
pub struct Calls {
    rows: RwLock<HashTable<Entry>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Entry {
    iteration: Box<str>,
    from: Box<str>,
    from_group: Box<str>,
    to: Box<str>,
    to_group: Box<str>,
    counts: [AtomicU64; KINDS],
}

impl Entry {
    fn new(hop: Hop<'_>) -> Self {
        Self {
            iteration: hop.iteration.into(),
            from: hop.from.into(),
            from_group: hop.from_group.into(),
            to: hop.to.into(),
            to_group: hop.to_group.into(),
            counts: array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    fn hop(&self) -> Hop<'_> {
        Hop {
            iteration: &self.iteration,
            from: &self.from,
            from_group: &self.from_group,
            to: &self.to,
            to_group: &self.to_group,
        }
    }

    fn add(&self, seen: &[Seen]) {
        for one in seen {
            self.counts[*one as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn get(&self, seen: Seen) -> u64 {
        self.counts[seen as usize].load(Ordering::Relaxed)
    }

    fn row(&self) -> Row {
        let (chain, version) = self.iteration.split_once('@').unwrap_or((&self.iteration, ""));
        Row {
            chain: chain.to_owned(),
            version: version.to_owned(),
            from: self.from.to_string(),
            to: self.to.to_string(),
            from_group: self.from_group.to_string(),
            to_group: self.to_group.to_string(),
            counts: Totals {
                sent: self.get(Seen::Sent),
                received: self.get(Seen::Received),
                failed: self.get(Seen::Failed),
                crossed: self.get(Seen::Fallback) + self.get(Seen::Foreign),
                undyed: self.get(Seen::Undyed),
            },
        }
    }
}

impl Calls {
    /// Counts one call.
    pub fn count(&self, hop: Hop<'_>, seen: &[Seen]) {
        if !self.known(hop, seen) {
            self.begin(hop, seen);
        }
    }

    /// Counts a call whose row is there.
    fn known(&self, hop: Hop<'_>, seen: &[Seen]) -> bool {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let entry = rows.find(self.hasher.hash_one(hop), |entry| entry.hop() == hop);
        entry.map(|entry| entry.add(seen)).is_some()
    }

    /// Counts a call whose row may have to be made.
    fn begin(&self, hop: Hop<'_>, seen: &[Seen]) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let full = rows.len() >= MAX_ROWS;
        let others =
            Hop { iteration: OTHERS, from: OTHERS, from_group: OTHERS, to: OTHERS, to_group: OTHERS };
        for hop in if full { [hop, others] } else { [hop, hop] } {
            if let Some(entry) = rows.find(self.hasher.hash_one(hop), |entry| entry.hop() == hop) {
                return entry.add(seen);
            }
        }
        let entry = Entry::new(if full { others } else { hop });
        entry.add(seen);
        let hash = |entry: &Entry| self.hasher.hash_one(entry.hop());
        rows.insert_unique(hash(&entry), entry, hash);
    }

    /// All counts at this moment.
    pub fn report(&self) -> Report {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        Report::of(rows.iter().map(Entry::row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop<'a>(iteration: &'a str, to_group: &'a str) -> Hop<'a> {
        Hop { iteration, from: "ledger", from_group: "batch", to: "risk", to_group }
    }

    #[test]
    fn calls_are_counted_by_chain_hop_and_groups() {
        let calls = Calls::default();
        calls.count(hop("fund-income@3", "batch"), &[Seen::Sent]);
        calls.count(hop("fund-income@3", "batch"), &[Seen::Sent]);
        calls.count(hop("fund-income@3", "online"), &[Seen::Sent, Seen::Fallback]);
        calls.count(hop("", "batch"), &[Seen::Received, Seen::Undyed]);
        let report = calls.report();
        let shown: Vec<_> = report
            .calls
            .iter()
            .map(|row| (row.iteration(), row.hop(), row.to_group.clone(), row.counts))
            .collect();
        let none = Totals::default();
        let row = |iteration: &str, group: &str, counts| {
            (iteration.to_owned(), "ledger -> risk".to_owned(), group.to_owned(), counts)
        };
        assert_eq!(
            shown,
            [
                row("", "batch", Totals { received: 1, undyed: 1, ..none }),
                row("fund-income@3", "batch", Totals { sent: 2, ..none }),
                row("fund-income@3", "online", Totals { sent: 1, crossed: 1, ..none }),
            ]
        );
        assert_eq!(report.totals, Totals { sent: 3, received: 1, crossed: 1, undyed: 1, ..none });
        assert!(!report.is_tight());
    }

    #[test]
    fn names_from_outside_cannot_fill_the_memory() {
        let calls = Calls::default();
        for n in 0..MAX_ROWS + 100 {
            calls.count(hop(&format!("chain-{n}"), "batch"), &[Seen::Received]);
        }
        calls.count(hop("chain-0", "batch"), &[Seen::Received]);
        let report = calls.report();
        assert_eq!(report.calls.len(), MAX_ROWS + 1);
        assert_eq!(report.totals.received, MAX_ROWS as u64 + 101);
        let others = report.calls.iter().find(|row| row.chain == OTHERS).unwrap();
        assert_eq!(others.counts.received, 100);
        assert!(report.calls.iter().any(|row| row.chain == "chain-0" && row.counts.received == 2));
    }

    #[test]
    fn no_call_is_lost_between_threads() {
        let calls = Calls::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..10_000 {
                        calls.count(hop(["a", "b", "c"][n % 3], "batch"), &[Seen::Sent]);
                    }
                });
            }
        });
        assert_eq!((calls.report().totals.sent, calls.report().calls.len()), (40_000, 3));
    }
}
