//! Open addressing: where the search for a key begins in a run of slots.

/// Spreads a number over 64 bits (the finaliser of SplitMix64: Steele, Lea and Flood, *Fast Splittable Pseudorandom
/// Number Generators*, 2014).
pub(super) fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The first slot of `slots` to look at for a hash (Lemire, *Fast Random Integer Generation in an Interval*, 2019).
#[inline]
pub(super) fn first(hash: u64, slots: u32) -> u32 {
    ((u128::from(hash) * u128::from(slots)) >> 64) as u32
}

/// The slot after another one, around the end.
#[inline]
pub(super) fn next(slot: u32, slots: u32) -> u32 {
    if slot + 1 == slots { 0 } else { slot + 1 }
}
