//! Open addressing: where the search for a key begins in a run of slots.

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
