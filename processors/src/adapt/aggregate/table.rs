//! Results by key.

use hashbrown::{HashTable, hash_table::Entry};

use super::{hasher::hash, order::sort_last_first};
use crate::{
    contract::{Aggregate, Error, Result},
    spare::Spare,
};

/// The results of keys in the order in which the keys came, and where to find each.
///
/// The table holds half of each hash beside the place, so that it grows without looking at the results, and looks at
/// one only if it is probably the right one.
pub(super) struct Table<A: Aggregate> {
    places: Spare<HashTable<Place>>,
    results: Spare<Vec<(A::Key, A::Output)>>,
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
        Self { places: Spare::take(), results: Spare::take() }
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

    /// Orders the results for [`Table::take`]. Nothing may be added any more until all are taken.
    pub(super) fn sort(&mut self) {
        self.places.clear();
        sort_last_first(&mut self.results);
    }

    /// Moves the next results, at most so many, behind `out`, in the order of their keys. The memory is kept.
    pub(super) fn take(&mut self, count: usize, out: &mut Vec<A::Output>) {
        let rest = self.results.len().saturating_sub(count);
        out.extend(self.results.drain(rest..).rev().map(|(_, result)| result));
    }

    /// Moves all results behind `out` in the order of their keys.
    pub(super) fn take_all(&mut self, out: &mut Vec<A::Output>) {
        self.sort();
        self.take(usize::MAX, out);
    }
}
