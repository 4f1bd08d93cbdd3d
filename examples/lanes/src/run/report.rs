//! What came of all rounds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    leg::{Leg, Round},
    quantile::{median, quantile},
};
use crate::service::Counts;

/// The group of the chain's lane.
const LANE: &str = "batch";

/// What came of one leg, over all of its rounds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct LegReport {
    /// Calls that services took, whoever made the first one.
    pub calls: u64,
    /// Those of them that the chain made first.
    pub chain_calls: u64,
    /// Calls of the chain that a service outside of its lane took.
    pub chain_calls_outside: u64,
    /// Calls of users that a service inside of the lane took.
    pub online_calls_inside: u64,
    /// Calls that a service refused since they did not belong to it.
    pub refused: u64,
    /// Calls of users without an answer.
    pub failed: u64,
    /// What half of the users waited at most: the median of the rounds.
    pub online_p50_ms: f64,
    /// What 99 of 100 users waited at most: the median of the rounds.
    pub online_p99_ms: f64,
    /// The same of each round, in their order.
    pub online_p99_ms_of_rounds: Vec<f64>,
    /// How long the chain took: the median of the rounds.
    pub chain_ms: Option<u64>,
}

/// The calls that one process took.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Hop {
    /// The service.
    pub service: String,
    /// Its group.
    pub group: String,
    /// What it counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Everything that is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    /// Each leg by its name.
    pub legs: BTreeMap<&'static str, LegReport>,
    /// What 99 of 100 users waited at most, against the same without a chain.
    pub p99_against_alone: BTreeMap<&'static str, f64>,
    /// Where the calls of the leg `lanes` went.
    pub hops: Vec<Hop>,
    /// Calls of the chain that leg has to have: three for each item.
    pub expected: u64,
}

impl Report {
    /// The report of these rounds, in each of which the chain had `items`.
    pub fn of(rounds: &BTreeMap<Leg, Vec<Round>>, items: u64) -> Self {
        let legs: BTreeMap<_, _> =
            rounds.iter().map(|(leg, rounds)| (leg.name(), LegReport::of(rounds))).collect();
        let alone = legs.get(Leg::Alone.name()).map_or(0.0, |leg| leg.online_p99_ms);
        let others = legs.iter().filter(|(name, _)| **name != Leg::Alone.name());
        let p99_against_alone = others.map(|(name, leg)| (*name, leg.online_p99_ms / alone)).collect();
        let in_lanes = rounds.get(&Leg::Lanes).map_or(&[][..], Vec::as_slice);
        let mut hops = BTreeMap::<_, Counts>::new();
        for (of, counts) in in_lanes.iter().flat_map(|round| &round.counts) {
            *hops.entry(of).or_default() += *counts;
        }
        let hop = |((service, group), counts): (&(String, String), Counts)| Hop {
            service: service.clone(),
            group: group.clone(),
            counts,
        };
        let expected = 3 * items * in_lanes.len() as u64;
        Self { legs, p99_against_alone, hops: hops.into_iter().map(hop).collect(), expected }
    }

    /// What is wrong with the leg `lanes`; nothing, if every call stayed where it belongs.
    pub fn leaks(&self) -> Vec<String> {
        let Some(lanes) = self.legs.get(Leg::Lanes.name()) else { return Vec::new() };
        let wrong = [
            (lanes.chain_calls_outside, "calls of the chain were taken outside of its lane"),
            (lanes.online_calls_inside, "calls of users were taken inside of the lane"),
            (lanes.refused, "calls came to a group that they do not belong to, and were refused"),
            (lanes.failed, "calls of users were not answered"),
            (self.expected.saturating_sub(lanes.chain_calls), "calls of the chain were not taken by anybody"),
        ];
        wrong.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }
}

impl LegReport {
    fn of(rounds: &[Round]) -> Self {
        let mut report = Self::default();
        for ((_, group), counts) in rounds.iter().flat_map(|round| &round.counts) {
            report.calls += counts.online + counts.chain;
            report.chain_calls += counts.chain;
            report.refused += counts.refused;
            match group == LANE {
                true => report.online_calls_inside += counts.online,
                false => report.chain_calls_outside += counts.chain,
            }
        }
        let waited = |q| rounds.iter().map(move |round| quantile(&round.users.latencies_ns, q));
        report.failed = rounds.iter().map(|round| round.users.failed).sum();
        report.online_p50_ms = ms(median(waited(0.5)));
        report.online_p99_ms = ms(median(waited(0.99)));
        report.online_p99_ms_of_rounds = waited(0.99).map(ms).collect();
        report.chain_ms = rounds.iter().map(|round| round.chain_ms).collect::<Option<Vec<_>>>().map(median);
        report
    }
}

/// Milliseconds, to the microsecond.
fn ms(ns: u64) -> f64 {
    (ns as f64 / 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Seen;

    fn round(latencies_ns: Vec<u64>, counts: [(&str, &str, u64, u64); 2]) -> Round {
        let users = Seen { latencies_ns, ..Seen::default() };
        let counts = counts.map(|(service, group, online, chain)| {
            ((service.to_owned(), group.to_owned()), Counts { online, chain, ..Counts::default() })
        });
        Round { users, counts: counts.into(), chain_ms: None }
    }

    #[test]
    fn calls_out_of_place_are_leaks() {
        let tight = round(vec![1_000_000], [("risk", "online", 5, 0), ("risk", "batch", 0, 30)]);
        let report = |rounds: Vec<Round>| Report::of(&BTreeMap::from([(Leg::Lanes, rounds)]), 10);
        assert_eq!(report(vec![tight.clone()]).leaks(), Vec::<String>::new());
        let lost = round(vec![], [("risk", "online", 5, 1), ("risk", "batch", 2, 28)]);
        insta::assert_snapshot!(report(vec![tight, lost]).leaks().join("\n"), @"
        1 calls of the chain were taken outside of its lane
        2 calls of users were taken inside of the lane
        1 calls of the chain were not taken by anybody
        ");
    }

    #[test]
    fn the_median_of_the_rounds_counts() {
        let counts = [("risk", "online", 5, 0), ("risk", "batch", 0, 30)];
        let rounds = |ms: [u64; 3]| ms.map(|ms| round(vec![ms * 1_000_000], counts)).to_vec();
        let all = BTreeMap::from([(Leg::Alone, rounds([2, 9, 1])), (Leg::Lanes, rounds([3, 1, 4]))]);
        let report = Report::of(&all, 10);
        assert_eq!(report.legs["alone"].online_p99_ms, 2.0);
        assert_eq!(report.p99_against_alone, BTreeMap::from([("lanes", 1.5)]));
        assert_eq!(report.legs["lanes"].online_p99_ms_of_rounds, [3.0, 1.0, 4.0]);
        assert_eq!((report.legs["lanes"].calls, report.hops.len()), (105, 2));
    }
}
