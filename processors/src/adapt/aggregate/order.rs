//! The order of results by their keys.

use std::{any::Any, cmp::Ordering};

use crate::spare::Spare;

/// Up to so many results are compared right away.
const FEW: usize = 256;

/// As many results as should share a bucket: few enough that sorting them takes next to nothing.
const BUCKET: usize = 8;

/// A result's place, and the front of its key.
#[derive(Clone, Copy, Default)]
pub(super) struct Ranked {
    front: u64,
    pub(super) place: u32,
}

/// Puts the places of results into `order`, which is empty, in the order of their keys: spread over buckets by their
/// fronts first, and compared within a bucket only, by `compare` if their fronts are the same.
pub(super) fn rank(
    order: &mut Spare<Vec<Ranked>>,
    fronts: impl Iterator<Item = u64>,
    compare: impl Fn(usize, usize) -> Ordering,
) {
    order.extend((0..).zip(fronts).map(|(place, front)| Ranked { front, place }));
    let compare = |a: &Ranked, b: &Ranked| {
        a.front.cmp(&b.front).then_with(|| compare(a.place as usize, b.place as usize))
    };
    let mut bounds = Spare::<Vec<u32>>::take();
    if order.len() > FEW && spread(order, &mut bounds) {
        let mut start = 0;
        for end in bounds.iter().map(|end| *end as usize) {
            order[start..end].sort_unstable_by(compare);
            start = end;
        }
    } else {
        order.sort_unstable_by(compare);
    }
}

/// Orders by fronts as far as buckets go, and leaves where each bucket ends; `false` if all fronts are equal.
fn spread(order: &mut Spare<Vec<Ranked>>, bounds: &mut Vec<u32>) -> bool {
    let fronts = || order.iter().map(|r| r.front);
    let (min, max) = (fronts().min().unwrap_or_default(), fronts().max().unwrap_or_default());
    if min == max {
        return false;
    }
    let buckets = (order.len() / BUCKET).next_power_of_two();
    let shift = (64 - (max - min).leading_zeros()).saturating_sub(buckets.trailing_zeros());
    let bucket = |r: &Ranked| ((r.front - min) >> shift) as usize;
    bounds.resize(buckets, 0);
    order.iter().for_each(|r| bounds[bucket(r)] += 1);
    let mut start = 0;
    for bound in bounds.iter_mut() {
        start += std::mem::replace(bound, start);
    }
    let mut spread = Spare::<Vec<Ranked>>::take();
    spread.resize(order.len(), Ranked::default());
    for r in order.iter() {
        let next = &mut bounds[bucket(r)];
        spread[*next as usize] = *r;
        *next += 1;
    }
    std::mem::swap(order, &mut spread);
    true
}

/// A number that is no greater than another key's if the key is not: all of a whole number, the beginning of a text,
/// nothing of what is not known here.
#[inline]
pub(super) fn front<K: 'static>(key: &K) -> u64 {
    let key: &dyn Any = key;
    macro_rules! whole {
        ($($t:ty),*) => {
            $(if let Some(key) = key.downcast_ref::<$t>() {
                return (i128::from(*key) - i128::from(<$t>::MIN)) as u64;
            })*
        };
    }
    whole!(u64, u32, i64, i32, u16, i16, u8, i8);
    if let Some(text) = key.downcast_ref::<String>() {
        let mut bytes = [0; 8];
        let len = text.len().min(8);
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        return u64::from_be_bytes(bytes);
    }
    0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn check<K: Ord + 'static>(keys: Vec<K>) {
        let mut order = Spare::default();
        rank(&mut order, keys.iter().map(front), |a, b| keys[a].cmp(&keys[b]));
        let places: BTreeSet<u32> = order.iter().map(|r| r.place).collect();
        assert_eq!(places.len(), keys.len(), "every place is there once");
        assert!(order.is_sorted_by_key(|r| &keys[r.place as usize]));
    }

    proptest! {
        #[test]
        fn results_come_in_the_order_of_their_keys(
            wide in vec(any::<u64>(), 0..2000),
            signed in vec(any::<i64>(), 300..600),
            dense in vec(-500..500i32, 300..1000),
            near in vec(prop_oneof![0..50u64, Just(u64::MAX)], 300..600),
            texts in vec("[a-c]{0,10}", 300..600),
            pairs in vec((any::<u8>(), any::<u8>()), 300..600),
        ) {
            check(wide);
            check(signed);
            check(dense);
            check(near);
            check(texts);
            check(pairs);
            check(vec![7u64; 300]);
        }
    }
}
