//! The hops of all chains in one vector of slots: each chain has a run of its own, and one search finds a hop.

use super::probe::{first, next};
use crate::mix::mixed;

/// An empty slot.
const EMPTY: u32 = u32::MAX;
/// The caller of a rule that is about any.
const ANY: u32 = u32::MAX;
/// The target of a slot that only says that there are rules about callers.
const NO_TARGET: u32 = u32::MAX;
/// Set beside the line of a slot for any caller: there are rules about some callers too.
const SOME_CALLERS: u32 = 1 << 31;

/// A rule, as it is looked up. Four fit into a cache line.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The service that is called.
    to: u32,
    /// The service that calls.
    from: u32,
    /// Where the call goes: a number of a [`Target`](super::Target).
    target: u32,
    /// The line of the file.
    line: u32,
}

const VACANT: Slot = Slot { to: EMPTY, from: ANY, target: NO_TARGET, line: 0 };

/// The slots of one chain.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    begin: u32,
    slots: u32,
}

/// What a search found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// Where the call goes.
    pub target: u32,
    /// The line of the rule.
    pub line: u32,
    /// Whether the rule is about this caller only.
    pub is_about_caller: bool,
}

/// A rule before it has a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop {
    pub to: u32,
    pub from: Option<u32>,
    pub target: u32,
    pub line: u32,
}

/// The hops of all chains.
#[derive(Debug, Default)]
pub(crate) struct Hops {
    slots: Vec<Slot>,
}

impl Hops {
    /// The rule for a call: one about its caller before one about any.
    #[inline]
    pub fn find(&self, run: Run, to: u32, from: impl FnOnce() -> Option<u32>) -> Option<Hit> {
        let any = self.slot(run, to, ANY)?;
        if any.line & SOME_CALLERS != 0
            && let Some(slot) = from().and_then(|from| self.slot(run, to, from))
        {
            return Some(Hit { target: slot.target, line: slot.line, is_about_caller: true });
        }
        (any.target != NO_TARGET).then_some(Hit {
            target: any.target,
            line: any.line & !SOME_CALLERS,
            is_about_caller: false,
        })
    }

    /// Whether `wanted` says yes to the target of any rule about this service, whoever calls.
    pub fn any_to(&self, run: Run, to: u32, mut wanted: impl FnMut(u32) -> bool) -> bool {
        let Some(any) = self.slot(run, to, ANY) else { return false };
        if any.target != NO_TARGET && wanted(any.target) {
            return true;
        }
        any.line & SOME_CALLERS != 0
            && self.run(run).iter().any(|slot| slot.to == to && slot.from != ANY && wanted(slot.target))
    }

    #[inline]
    fn slot(&self, run: Run, to: u32, from: u32) -> Option<&Slot> {
        let slots = self.run(run);
        if slots.is_empty() {
            return None;
        }
        let mut at = first(hash(to, from), run.slots);
        loop {
            let slot = &slots[at as usize];
            if slot.to == to && slot.from == from {
                return Some(slot);
            }
            if slot.to == EMPTY {
                return None;
            }
            at = next(at, run.slots);
        }
    }

    #[inline]
    fn run(&self, run: Run) -> &[Slot] {
        &self.slots[run.begin as usize..][..run.slots as usize]
    }

    /// Makes a run of a chain's rules, of which no two are about the same hop.
    pub fn add(&mut self, hops: &[Hop]) -> Run {
        let mut about_callers: Vec<u32> =
            hops.iter().filter(|hop| hop.from.is_some()).map(|hop| hop.to).collect();
        about_callers.sort_unstable();
        about_callers.dedup();
        // A third of the slots stays free, and one at least, where a search ends.
        let rules = hops.len() + about_callers.len();
        let slots = if rules == 0 { 0 } else { rules + rules / 3 + 1 };
        let run = Run { begin: self.slots.len() as u32, slots: slots as u32 };
        self.slots.resize(self.slots.len() + slots, VACANT);
        for hop in hops {
            let from = hop.from.unwrap_or(ANY);
            self.place(run, Slot { to: hop.to, from, target: hop.target, line: hop.line & !SOME_CALLERS });
        }
        for to in about_callers {
            self.mark(run, to);
        }
        run
    }

    /// Says at the slot for any caller that there are rules about some.
    fn mark(&mut self, run: Run, to: u32) {
        let run_slots = &mut self.slots[run.begin as usize..][..run.slots as usize];
        match run_slots.iter_mut().find(|slot| slot.to == to && slot.from == ANY) {
            Some(slot) => slot.line |= SOME_CALLERS,
            None => self.place(run, Slot { to, line: SOME_CALLERS, ..VACANT }),
        }
    }

    fn place(&mut self, run: Run, slot: Slot) {
        let mut at = first(hash(slot.to, slot.from), run.slots);
        while self.slots[(run.begin + at) as usize].to != EMPTY {
            at = next(at, run.slots);
        }
        self.slots[(run.begin + at) as usize] = slot;
    }

    /// Gives back what was reserved beyond need.
    pub fn shrink(&mut self) {
        self.slots.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }
}

#[inline]
fn hash(to: u32, from: u32) -> u64 {
    mixed(u64::from(to) << 32 | u64::from(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_about_the_caller_come_first() {
        let mut hops = Hops::default();
        let hop = |to, from, target| Hop { to, from, target, line: target + 100 };
        let empty = hops.add(&[]);
        let run = hops.add(&[hop(1, None, 10), hop(1, Some(7), 11), hop(2, Some(7), 12), hop(3, None, 13)]);
        let find = |run, to, from| {
            hops.find(run, to, || from).map(|hit| (hit.target, hit.line, hit.is_about_caller))
        };
        assert_eq!(find(run, 1, None), Some((10, 110, false)));
        assert_eq!(find(run, 1, Some(8)), Some((10, 110, false)));
        assert_eq!(find(run, 1, Some(7)), Some((11, 111, true)));
        assert_eq!(find(run, 2, Some(7)), Some((12, 112, true)));
        assert_eq!(find(run, 2, Some(8)), None);
        assert_eq!(find(run, 4, None), None);
        assert_eq!(find(empty, 1, None), None);
        assert!(hops.any_to(run, 2, |target| target == 12) && !hops.any_to(run, 3, |target| target == 12));
    }

    #[test]
    fn every_rule_of_a_large_chain_is_found() {
        let mut hops = Hops::default();
        let all: Vec<Hop> = (0..50_000).map(|n| Hop { to: n, from: None, target: n, line: n }).collect();
        let run = hops.add(&all);
        for n in 0..50_000 {
            assert_eq!(hops.find(run, n, || None).map(|hit| hit.target), Some(n));
        }
        assert!(hops.find(run, 50_000, || None).is_none());
    }
}
