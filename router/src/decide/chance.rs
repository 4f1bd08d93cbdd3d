//! Chance, call by call.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
};

use crate::mix::mixed;

thread_local! {
    static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(std::thread::current().id()));
}

/// A number drawn for one call: uniform over 64 bits, different in every thread and process, not for secrets
/// (SplitMix64: Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014).
pub fn chance() -> u64 {
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        mixed(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hundredth_is_as_likely() {
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[(chance() % 100) as usize] += 1;
        }
        // Six standard deviations of a binomial distribution around 1,000.
        assert!(counts.iter().all(|n| (810..1_190).contains(n)), "{counts:?}");
    }
}
