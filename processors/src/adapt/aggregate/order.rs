//! The order of results by their keys.

use std::any::Any;

use crate::spare::Spare;

/// Up to so many results are compared right away.
const FEW: usize = 256;

/// As many results as should share a bucket: few enough that sorting them takes next to nothing.
const BUCKET: usize = 8;

/// A result's place, and the front of its key.
#[derive(Clone, Copy, Default)]
struct Ranked {
    front: u64,
    place: u32,
}

/// Sorts results by their keys, the greatest first, so that the least can be taken from the end.
///
/// Keys are spread over buckets by their fronts first, and compared within a bucket only, by their fronts if these
/// differ; what is moved about are places, and each result once.
pub(super) fn sort_last_first<K: Ord + 'static, R>(results: &mut [(K, R)]) {
    let mut ranked = Spare::<Vec<Ranked>>::take();
    ranked.extend((0..).zip(results.iter()).map(|(place, (key, _))| Ranked { front: front(key), place }));
    let compare = |a: &Ranked, b: &Ranked| {
        b.front.cmp(&a.front).then_with(|| results[b.place as usize].0.cmp(&results[a.place as usize].0))
    };
    let mut bounds = Spare::<Vec<u32>>::take();
    if ranked.len() > FEW && spread(&mut ranked, &mut bounds) {
        let mut start = 0;
        for end in bounds.iter().map(|end| *end as usize) {
            ranked[start..end].sort_unstable_by(compare);
            start = end;
        }
    } else {
        ranked.sort_unstable_by(compare);
    }
    permute(results, &mut ranked);
}

/// Orders by fronts as far as buckets go, and leaves where each bucket ends; `false` if all fronts are equal.
fn spread(ranked: &mut Spare<Vec<Ranked>>, bounds: &mut Vec<u32>) -> bool {
    let fronts = || ranked.iter().map(|r| r.front);
    let (min, max) = (fronts().min().unwrap_or_default(), fronts().max().unwrap_or_default());
    if min == max {
        return false;
    }
    let buckets = (ranked.len() / BUCKET).next_power_of_two();
    let shift = (64 - (max - min).leading_zeros()).saturating_sub(buckets.trailing_zeros());
    let bucket = |r: &Ranked| ((max - r.front) >> shift) as usize;
    bounds.resize(buckets, 0);
    ranked.iter().for_each(|r| bounds[bucket(r)] += 1);
    let mut start = 0;
    for bound in bounds.iter_mut() {
        start += std::mem::replace(bound, start);
    }
    let mut spread = Spare::<Vec<Ranked>>::take();
    spread.resize(ranked.len(), Ranked::default());
    for r in ranked.iter() {
        let next = &mut bounds[bucket(r)];
        spread[*next as usize] = *r;
        *next += 1;
    }
    std::mem::swap(ranked, &mut spread);
    true
}

/// Moves every result to where its place stands in `ranked`.
fn permute<R>(results: &mut [R], ranked: &mut [Ranked]) {
    for start in 0..ranked.len() {
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut ranked[at].place, at as u32) as usize;
            if from == start {
                break;
            }
            results.swap(at, from);
            at = from;
        }
    }
}

/// A number that is no greater than another key's if the key is not: all of a whole number, the beginning of a text,
/// nothing of what is not known here.
#[inline]
fn front<K: 'static>(key: &K) -> u64 {
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
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn check<K: Ord + Clone + std::fmt::Debug + 'static>(keys: Vec<K>) {
        let mut sorted: Vec<_> = keys.into_iter().zip(0..).collect();
        let mut expected: Vec<(K, u32)> = sorted.clone();
        expected.sort_by(|a, b| b.0.cmp(&a.0));
        sort_last_first(&mut sorted);
        let keys = |results: &[(K, u32)]| results.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&sorted), keys(&expected));
        sorted.sort_by_key(|(_, number)| *number);
        expected.sort_by_key(|(_, number)| *number);
        assert_eq!(sorted, expected, "each result stays with its key");
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
