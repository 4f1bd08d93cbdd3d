//! Results by key.

use hashbrown::{HashTable, hash_table::Entry};

use super::hasher::hash;
use crate::contract::{Aggregate, Error, Result};

/// The results of keys in the order in which the keys came, and where to find each.
///
/// The table holds half of each hash beside the place, so that it grows without looking at the results, and looks at
/// one only if it is probably the right one.
pub(super) struct Table<A: Aggregate> {
    places: HashTable<Place>,
    results: Vec<(A::Key, A::Output)>,
}

#[derive(Clone, Copy)]
struct Place {
    hash: u32,
    result: u32,
}

impl Place {
    /// The table's hash, from the half that is kept: low bits choose the bucket, the seven highest are its tag.
    #[inline]
    fn spread(hash: u32) -> u64 {
        u64::from(hash) | u64::from(hash) << 32
    }
}

impl<A: Aggregate> Default for Table<A> {
    fn default() -> Self {
        Self { places: HashTable::new(), results: Vec::new() }
    }
}

impl<A: Aggregate> Table<A> {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.results.len()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.results.is_empty()
    }

    /// Adds an item to the result of its key.
    #[inline]
    pub(super) fn add(&mut self, aggregate: &A, item: A::Input) -> Result<()> {
        let key = aggregate.key(&item);
        match self.find(&key) {
            Ok(result) => aggregate.add(&mut self.results[result].1, item),
            Err(hash) => self.insert(hash, key, aggregate.start(item)?),
        }
    }

    /// Adds a partial result to the result of its key.
    #[inline]
    pub(super) fn merge(&mut self, aggregate: &A, partial: A::Output) -> Result<()> {
        let key = aggregate.key_of(&partial);
        match self.find(&key) {
            Ok(result) => aggregate.merge(&mut self.results[result].1, partial),
            Err(hash) => self.insert(hash, key, partial),
        }
    }

    /// Where the result of a key is, or the hash to insert it with.
    #[inline]
    fn find(&self, key: &A::Key) -> Result<usize, u32> {
        let hash = hash(key) as u32;
        let same = |p: &Place| p.hash == hash && self.results[p.result as usize].0 == *key;
        self.places.find(Place::spread(hash), same).map(|p| p.result as usize).ok_or(hash)
    }

    #[inline]
    fn insert(&mut self, hash: u32, key: A::Key, result: A::Output) -> Result<()> {
        let place = u32::try_from(self.results.len()).map_err(|_| {
            Error::fatal("one shard has more than 4,294,967,295 keys: exchange into more shards")
        })?;
        let spread = Place::spread(hash);
        // It is known to be absent: nothing is compared.
        if let Entry::Vacant(vacant) = self.places.entry(spread, |_| false, |p| Place::spread(p.hash)) {
            vacant.insert(Place { hash, result: place });
        }
        self.results.push((key, result));
        Ok(())
    }

    /// Takes all results in the order of their keys; the memory of the table is kept.
    pub(super) fn take_sorted(&mut self) -> Vec<(A::Key, A::Output)> {
        self.places.clear();
        let mut results = std::mem::take(&mut self.results);
        results.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        results
    }

    /// Moves all results behind `out` in the order of their keys; the memory is kept.
    pub(super) fn drain_sorted(&mut self, out: &mut Vec<A::Output>) {
        self.places.clear();
        self.results.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        out.extend(self.results.drain(..).map(|(_, result)| result));
    }
}
