//! Chains and iterations by name: one search gives all that a lane needs.

use xxhash_rust::xxh3::xxh3_64;

use super::{
    hops::Run,
    probe::{first, next},
};
use crate::rules::{Mode, RollBy};

/// No chain.
const NONE: u32 = u32::MAX;

/// A chain or an iteration. What an iteration does not say is filled in from its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    /// Half of the hash of its name; a name is only compared where this agrees.
    tag: u32,
    name: u32,
    name_bytes: u16,
    /// What becomes of hops without a rule.
    pub mode: Mode,
    /// What weights are rolled with.
    pub roll: RollBy,
    /// Its own hops.
    pub run: Run,
    /// The slot of the chain that an iteration belongs to.
    base: u32,
    /// The group of its stages.
    pub workers: u32,
}

/// The rules that hold for a dye: those of its iteration, then those of its chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane<'t> {
    /// The most specific.
    pub own: &'t Chain,
    /// The chain of an iteration that has rules of its own.
    pub base: Option<&'t Chain>,
}

/// All chains and iterations.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    text: String,
    /// At most half of them in use.
    slots: Vec<Option<Chain>>,
}

/// A chain before it has a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewChain<'a> {
    pub name: &'a str,
    pub mode: Mode,
    pub roll: RollBy,
    pub run: Run,
    pub workers: u32,
}

impl Chains {
    /// None yet, with room for this many.
    pub fn with_room(chains: usize) -> Self {
        Self { text: String::new(), slots: vec![None; chains * 2] }
    }

    /// The rules for an iteration, or for its chain if it has none of its own.
    #[inline]
    pub fn lane(&self, iteration: &str) -> Option<Lane<'_>> {
        if let Some(at) = self.find(iteration) {
            let own = self.slots[at as usize].as_ref()?;
            let base = if own.base == NONE { None } else { self.slots[own.base as usize].as_ref() };
            return Some(Lane { own, base });
        }
        let (name, _) = iteration.split_once('@')?;
        let own = self.slots[self.find(name)? as usize].as_ref()?;
        Some(Lane { own, base: None })
    }

    /// The name of a chain, as written.
    pub fn name(&self, chain: &Chain) -> &str {
        &self.text[chain.name as usize..][..usize::from(chain.name_bytes)]
    }

    #[inline]
    fn find(&self, name: &str) -> Option<u32> {
        let slots = self.slots.len() as u32;
        if slots == 0 {
            return None;
        }
        let hash = xxh3_64(name.as_bytes());
        let mut at = first(hash, slots);
        while let Some(chain) = &self.slots[at as usize] {
            if chain.tag == hash as u32 && self.name(chain) == name {
                return Some(at);
            }
            at = next(at, slots);
        }
        None
    }

    /// Adds one, which must not be there yet. There must be room.
    pub fn add(&mut self, new: NewChain<'_>) {
        let slots = self.slots.len() as u32;
        let hash = xxh3_64(new.name.as_bytes());
        let mut at = first(hash, slots);
        while self.slots[at as usize].is_some() {
            at = next(at, slots);
        }
        let chain = Chain {
            tag: hash as u32,
            name: self.text.len() as u32,
            name_bytes: new.name.len() as u16,
            mode: new.mode,
            roll: new.roll,
            run: new.run,
            base: NONE,
            workers: new.workers,
        };
        self.text.push_str(new.name);
        self.slots[at as usize] = Some(chain);
    }

    /// Ties every iteration to its chain, when all are added.
    pub fn tie(&mut self) {
        for at in 0..self.slots.len() {
            let Some(chain) = &self.slots[at] else { continue };
            let base = self.name(chain).split_once('@').and_then(|(name, _)| self.find(name));
            if let (Some(base), Some(chain)) = (base, &mut self.slots[at]) {
                chain.base = base;
            }
        }
        self.text.shrink_to_fit();
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.text.capacity() + self.slots.capacity() * size_of::<Option<Chain>>()
    }
}
