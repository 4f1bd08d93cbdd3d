//! Results by key.

use std::mem::needs_drop;

use hashbrown::{HashTable, hash_table::Entry};

use super::{
    hasher::hash,
    order::{Ranked, front, rank},
};
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
    /// The key of each result, if it costs memory to make it again; else none.
    keys: Spare<Vec<A::Key>>,
    results: Spare<Vec<A::Output>>,
    /// The order of the results; empty while there may be more.
    order: Spare<Vec<Ranked>>,
    /// How many results were taken in that order.
    taken: usize,
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
        let (places, keys, results) = (Spare::take(), Spare::take(), Spare::take());
        Self { places, keys, results, order: Spare::take(), taken: 0 }
    }
}

impl<A: Aggregate> Table<A> {
    const KEEPS_KEYS: bool = needs_drop::<A::Key>();

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
        self.put(aggregate, aggregate.key(&item), item, A::add, A::start)
    }

    /// Adds a partial result to the result of its key.
    #[inline]
    pub(super) fn merge(&mut self, aggregate: &A, partial: A::Output) -> Result<()> {
        self.put(aggregate, aggregate.key_of(&partial), partial, A::merge, |_, partial| Ok(partial))
    }

    /// Adds to the result of a key, or makes it.
    #[inline(always)]
    fn put<T>(
        &mut self,
        aggregate: &A,
        key: A::Key,
        item: T,
        add: impl FnOnce(&A, &mut A::Output, T) -> Result<()>,
        make: impl FnOnce(&A, T) -> Result<A::Output>,
    ) -> Result<()> {
        let hash = hash(&key) as u32;
        let same = |p: &Place| {
            let at = p.result as usize;
            p.hash == hash
                && if Self::KEEPS_KEYS {
                    self.keys[at] == key
                } else {
                    aggregate.key_of(&self.results[at]) == key
                }
        };
        match self.places.entry(Place::spread(hash), same, |p| Place::spread(p.hash)) {
            Entry::Occupied(place) => add(aggregate, &mut self.results[place.get().result as usize], item),
            Entry::Vacant(vacant) => {
                let result = u32::try_from(self.results.len()).map_err(|_| too_many())?;
                self.results.push(make(aggregate, item)?);
                vacant.insert(Place { hash, result });
                if Self::KEEPS_KEYS {
                    self.keys.push(key);
                }
                Ok(())
            }
        }
    }

    /// Orders the results for [`Table::take`]. Nothing may be added any more until all are taken.
    pub(super) fn sort(&mut self, aggregate: &A) {
        self.places.clear();
        if Self::KEEPS_KEYS {
            let keys = &self.keys;
            rank(&mut self.order, keys.iter().map(front), |a, b| keys[a].cmp(&keys[b]));
            self.keys.clear();
        } else {
            let key = |result: &A::Output| aggregate.key_of(result);
            let results = &self.results;
            let fronts = results.iter().map(|result| front(&key(result)));
            rank(&mut self.order, fronts, |a, b| key(&results[a]).cmp(&key(&results[b])));
        }
    }

    /// Copies the next results, at most so many, behind `out`, in the order of their keys. The memory is kept.
    pub(super) fn take(&mut self, count: usize, out: &mut Vec<A::Output>) {
        let next = &self.order[self.taken..];
        let next = &next[..next.len().min(count)];
        out.extend(next.iter().map(|ranked| self.results[ranked.place as usize].clone()));
        self.taken += next.len();
        if self.taken == self.order.len() {
            self.results.clear();
            self.order.clear();
            self.taken = 0;
        }
    }

    /// Moves all results behind `out` in the order of their keys.
    pub(super) fn take_all(&mut self, aggregate: &A, out: &mut Vec<A::Output>) {
        self.sort(aggregate);
        self.take(usize::MAX, out);
    }
}

#[cold]
fn too_many() -> Error {
    Error::fatal("one shard has more than 4,294,967,295 keys: exchange into more shards")
}
