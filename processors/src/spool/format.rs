//! The bytes of a spool file.
//!
//! ```text
//!   magic (8 B)
//!   block …            items of one partition in binary form, one after the other
//!   list …             for a partition of several blocks: one row for each block, in order
//!   row × partitions   what a partition is made of; the last `partitions × 32` bytes of the file
//! ```
//! A row is 32 bytes, little-endian: offset, length and items (u64 each) of what it points to, and a check: xxh3-64
//! over those bytes, seeded with the file's salt, the partition, the number of the block and the row itself. The
//! top bit of the length says that it points to a list. A reader finds a partition's row by its number and reads
//! nothing of the others.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// How a spool file begins.
pub(super) const MAGIC: &[u8; 8] = b"DYSPOOL2";

/// The length of a row.
pub(super) const ROW_BYTES: u64 = 32;

/// In a row's length: it points to a list of rows.
const LIST: u64 = 1 << 63;

/// In the number of a block: it is no block but a partition's row.
pub(super) const TOP: u64 = u64::MAX;

/// Where some items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Row {
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) items: u64,
    pub(super) list: bool,
    pub(super) check: u64,
}

impl Row {
    /// A row for `bytes`, which will stand at `offset`. `number` is the block's in its partition, or [`TOP`].
    pub(super) fn seal(bytes: &[u8], at: RowPlace, offset: u64, items: u64, list: bool) -> Self {
        let mut row = Self { offset, len: bytes.len() as u64, items, list, check: 0 };
        row.check = row.checksum(bytes, at);
        row
    }

    /// Whether `bytes` are what the row was sealed for.
    pub(super) fn fits(&self, bytes: &[u8], at: RowPlace) -> bool {
        self.len == bytes.len() as u64 && self.check == self.checksum(bytes, at)
    }

    fn checksum(&self, bytes: &[u8], at: RowPlace) -> u64 {
        let words = [at.partition.into(), at.number, self.offset, self.len_word(), self.items];
        xxh3_64_with_seed(bytes, hash_words(&words, at.salt))
    }

    fn len_word(&self) -> u64 {
        self.len | if self.list { LIST } else { 0 }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for word in [self.offset, self.len_word(), self.items, self.check] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// Reads a row from the front of `bytes`, which has at least [`ROW_BYTES`].
    pub(super) fn get(bytes: &[u8]) -> Option<Self> {
        let word = |i: usize| Some(u64::from_le_bytes(bytes.get(i * 8..i * 8 + 8)?.try_into().ok()?));
        let (offset, len, items, check) = (word(0)?, word(1)?, word(2)?, word(3)?);
        Some(Self { offset, len: len & !LIST, items, list: len & LIST != 0, check })
    }
}

/// What a row's check is bound to besides the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPlace {
    pub(super) salt: u64,
    pub(super) partition: u32,
    pub(super) number: u64,
}

/// xxh3-64 of some numbers.
pub(super) fn hash_words(words: &[u64], seed: u64) -> u64 {
    let mut bytes = [0u8; 64];
    let mut len = 0;
    for word in words.iter().chain([&seed]) {
        bytes[len..len + 8].copy_from_slice(&word.to_le_bytes());
        len += 8;
    }
    xxh3_64(&bytes[..len])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_bound_to_its_bytes_and_its_place() {
        let at = RowPlace { salt: 1, partition: 2, number: 3 };
        let row = Row::seal(b"items", at, 40, 5, false);
        let mut bytes = Vec::new();
        row.put(&mut bytes);
        assert_eq!(bytes.len() as u64, ROW_BYTES);
        let back = Row::get(&bytes).unwrap();
        assert_eq!(back, row);
        assert!(back.fits(b"items", at));
        assert!(!back.fits(b"itemz", at));
        assert!(!back.fits(b"item", at));
        assert!(!back.fits(b"items", RowPlace { salt: 2, ..at }));
        assert!(!back.fits(b"items", RowPlace { partition: 1, ..at }));
        assert!(!back.fits(b"items", RowPlace { number: 4, ..at }));
        assert!(!Row { items: 6, ..back }.fits(b"items", at));
        assert!(!Row { offset: 41, ..back }.fits(b"items", at));
        assert!(!Row { list: true, ..back }.fits(b"items", at));
    }
}
