//! Where hops lead: groups with weights, and fallbacks. Rules that say the same share one.

use std::collections::HashMap;

use crate::rules::Balance;

/// Where a hop leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    first: u32,
    parts: u16,
    fallbacks: u16,
    /// The sum of all weights.
    pub sum: u32,
    /// How the endpoints share the calls.
    pub balance: Balance,
}

/// A group of a target: rolls from the one before it up to this, this excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part {
    /// The cluster of the group.
    pub cluster: u32,
    /// Where its rolls end.
    pub below: u32,
}

/// A target before it is shared: the same parts, fallbacks and balance are the same target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NewTarget {
    pub parts: Vec<Part>,
    pub fallbacks: Vec<u32>,
    pub balance: Balance,
}

/// All targets.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    targets: Vec<Target>,
    /// The parts of each target, then its fallbacks, whose ends mean nothing.
    parts: Vec<Part>,
}

impl Targets {
    #[inline]
    pub fn get(&self, id: u32) -> &Target {
        &self.targets[id as usize]
    }

    /// The groups of a target, in the order of their names.
    #[inline]
    pub fn parts(&self, target: &Target) -> &[Part] {
        &self.parts[target.first as usize..][..usize::from(target.parts)]
    }

    /// The clusters that calls fall back to.
    #[inline]
    pub fn fallbacks(&self, target: &Target) -> &[Part] {
        &self.parts[target.first as usize + usize::from(target.parts)..][..usize::from(target.fallbacks)]
    }

    /// Whether a target may send calls to a cluster.
    pub fn may_lead_to(&self, id: u32, cluster: u32) -> bool {
        let target = self.get(id);
        self.parts(target).iter().chain(self.fallbacks(target)).any(|part| part.cluster == cluster)
    }

    /// The number of a target; the same for the same.
    pub fn add(&mut self, new: NewTarget, known: &mut HashMap<NewTarget, u32>) -> u32 {
        if let Some(id) = known.get(&new) {
            return *id;
        }
        let id = self.targets.len() as u32;
        self.targets.push(Target {
            first: self.parts.len() as u32,
            parts: new.parts.len() as u16,
            fallbacks: new.fallbacks.len() as u16,
            sum: new.parts.last().map_or(0, |part| part.below),
            balance: new.balance,
        });
        self.parts.extend(&new.parts);
        self.parts.extend(new.fallbacks.iter().map(|cluster| Part { cluster: *cluster, below: 0 }));
        known.insert(new, id);
        id
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.targets.capacity() * size_of::<Target>() + self.parts.capacity() * size_of::<Part>()
    }
}
