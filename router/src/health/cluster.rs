//! The replicas of one group of one service: whether any is healthy, and which one a call goes to.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Clock, Endpoint, Outcome, Pick};
use crate::{
    mix::mixed,
    rules::{Balance, HealthRule},
};

/// The replicas of one group of one service.
#[derive(Debug)]
pub struct Cluster {
    endpoints: Vec<Arc<Endpoint>>,
    rule: HealthRule,
    clock: Arc<dyn Clock>,
    /// Held while one is ejected, so that no two threads go beyond the limit together.
    ejecting: Mutex<()>,
}

impl Cluster {
    /// A group of these replicas.
    pub fn new(endpoints: Vec<Arc<Endpoint>>, rule: HealthRule, clock: Arc<dyn Clock>) -> Self {
        Self { endpoints, rule, clock, ejecting: Mutex::new(()) }
    }

    /// Its replicas, in the order of the file. A topic has none.
    pub fn endpoints(&self) -> &[Arc<Endpoint>] {
        &self.endpoints
    }

    /// Whether it has replicas and all of them are ejected.
    pub fn is_down(&self) -> bool {
        !self.endpoints.is_empty() && self.endpoints.iter().all(|endpoint| self.is_ejected(endpoint))
    }

    /// Whether one of its replicas is ejected.
    pub fn is_ejected(&self, endpoint: &Endpoint) -> bool {
        endpoint.is_ejected(|| self.clock.now_ms())
    }

    /// The replica for a call. `key` is the hash of the job, if there is one; `chance` is drawn for each call. An
    /// ejected one is only taken when all are ejected: refusing every call would not make them well. With `not`, which
    /// a try before this one went to, another one is taken if there is one. None for a topic.
    pub fn pick(
        self: &Arc<Self>,
        balance: Balance,
        key: Option<u64>,
        chance: u64,
        not: Option<usize>,
    ) -> Option<Pick> {
        let index = match (balance, key) {
            (Balance::Rendezvous, Some(key)) => self.preferred(key, not),
            _ => self.less_busy(chance, not),
        };
        index.map(|index| Pick::new(self.clone(), index))
    }

    /// The replica that a job prefers.
    fn preferred(&self, key: u64, not: Option<usize>) -> Option<usize> {
        let best = |usable: &dyn Fn(usize, &Endpoint) -> bool| {
            let indexed = self.endpoints.iter().enumerate();
            let usable = indexed.filter(|(n, endpoint)| usable(*n, endpoint));
            usable.max_by_key(|(_, endpoint)| endpoint.affinity(key)).map(|(n, _)| n)
        };
        best(&|n, endpoint| Some(n) != not && !self.is_ejected(endpoint))
            .or_else(|| best(&|_, endpoint| !self.is_ejected(endpoint)))
            .or_else(|| best(&|n, _| Some(n) != not))
            .or_else(|| best(&|_, _| true))
    }

    /// Of two drawn replicas the one with fewer calls in flight.
    fn less_busy(&self, chance: u64, not: Option<usize>) -> Option<usize> {
        let all = self.endpoints.len();
        let usable = |n: usize| Some(n) != not && !self.is_ejected(&self.endpoints[n]);
        if all < 2 {
            return (all == 1).then_some(0);
        }
        let (first, second) = two_of(all, chance);
        if usable(first) && usable(second) {
            return Some(self.of_two(first, second));
        }
        // Some are not usable: draw again among those that are, each with the same chance.
        let nth = |n: usize, usable: &dyn Fn(usize) -> bool| (0..all).filter(|n| usable(*n)).nth(n);
        let among = |usable: &dyn Fn(usize) -> bool| match (0..all).filter(|n| usable(*n)).count() {
            0 => None,
            1 => nth(0, usable),
            count => {
                // Another number: this one says that one of the first two is not usable.
                let (first, second) = two_of(count, mixed(chance));
                Some(self.of_two(nth(first, usable)?, nth(second, usable)?))
            }
        };
        among(&usable)
            .or_else(|| among(&|n| !self.is_ejected(&self.endpoints[n])))
            .or_else(|| among(&|n| Some(n) != not))
            .or_else(|| among(&|_| true))
    }

    fn of_two(&self, first: usize, second: usize) -> usize {
        let busy = |n: usize| self.endpoints[n].in_flight();
        if busy(second) < busy(first) { second } else { first }
    }

    /// Takes note of how a call ended.
    pub(super) fn report(&self, index: usize, outcome: Outcome) {
        let endpoint = &self.endpoints[index];
        let now_ms = self.clock.now_ms();
        match outcome {
            Outcome::Success => endpoint.succeeded(now_ms, &self.rule),
            Outcome::Failure if endpoint.failed(now_ms, &self.rule) => {
                let _one = self.ejecting.lock().unwrap_or_else(PoisonError::into_inner);
                let ejected = self.endpoints.iter().filter(|other| other.is_ejected(|| now_ms)).count();
                let again = endpoint.is_ejected(|| now_ms);
                if !again && ejected < self.rule.most_ejected(self.endpoints.len()) {
                    endpoint.eject(now_ms, &self.rule);
                }
            }
            Outcome::Failure => {}
        }
    }
}

/// Two different numbers below `all`, which is at least 2; every pair is as likely in both orders.
fn two_of(all: usize, chance: u64) -> (usize, usize) {
    let below = |chance: u64, all: usize| ((u128::from(chance) * all as u128) >> 64) as usize;
    let first = below(chance, all);
    // The low bits are as random as the high ones, and nearly independent of them.
    let second = below(chance.rotate_left(32), all - 1);
    (first, if second >= first { second + 1 } else { second })
}
