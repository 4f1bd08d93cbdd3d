//! Batches that follow from their number, so that a reader knows what each must be.

use crate::disk::Random;

/// The batch with this number: some ten to some thousand bytes.
pub fn numbered(number: u64) -> Vec<u8> {
    let mut random = Random::new(number);
    let len = if random.chance(10) { random.below(2000) } else { random.below(100) };
    let mut bytes = format!("batch {number} ").into_bytes();
    bytes.extend((0..len).map(|_| random.draw() as u8));
    bytes
}
