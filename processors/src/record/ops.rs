//! A record's functions over whole chunks, for those who know it only by name.

use std::marker::PhantomData;

use super::{ColumnMap, FieldError, TextDecoder, decoder};
use crate::contract::{Chunk, Error, Record, RecordOps};

/// [`RecordOps`] of a record.
pub struct Ops<T>(PhantomData<fn() -> T>);

impl<T: Record> Ops<T> {
    /// The only value there is.
    pub const NEW: &'static Self = &Self(PhantomData);
}

impl<T: Record> RecordOps for Ops<T> {
    fn chunk(&self, capacity: usize) -> Chunk {
        Chunk::new::<T>(capacity)
    }

    fn clone_into(&self, from: &Chunk, to: &mut Chunk) {
        to.items_mut::<T>().clone_from(from.items::<T>());
    }

    fn text_decoder(&self, columns: &ColumnMap) -> Result<Box<dyn TextDecoder>, Error> {
        decoder::text_decoder::<T>(columns)
    }

    fn encode_rows(&self, items: &Chunk, delimiter: u8, out: &mut Vec<u8>) {
        for item in items.items::<T>() {
            encode_row(item, delimiter, out);
            out.push(b'\n');
        }
    }

    fn row_text(&self, items: &Chunk, index: usize) -> String {
        items.items::<T>().get(index).map(row_text).unwrap_or_default()
    }

    fn encode(&self, items: &Chunk, out: &mut Vec<u8>) {
        for item in items.items::<T>() {
            item.encode(out);
        }
    }

    fn decode(&self, input: &mut &[u8], count: usize, items: &mut Chunk) -> Result<(), FieldError> {
        let items = items.items_mut::<T>();
        // A damaged count must not ask for more memory than its items could need.
        items.reserve(count.min(input.len()));
        for _ in 0..count {
            items.push(T::decode(input)?);
        }
        Ok(())
    }

    fn partition(&self, items: &Chunk, field: usize, out: &mut [Vec<u8>], counts: &mut [u32]) {
        let shards = out.len() as u64;
        let items = items.items::<T>();
        if shards.is_power_of_two() {
            partition(items, field, out, counts, |hash| hash & (shards - 1));
        } else if shards > 0 {
            partition(items, field, out, counts, |hash| hash % shards);
        }
    }
}

#[inline]
fn partition<T: Record>(
    items: &[T],
    field: usize,
    out: &mut [Vec<u8>],
    counts: &mut [u32],
    shard: impl Fn(u64) -> u64,
) {
    for item in items {
        let shard = shard(item.hash_field(field)) as usize;
        item.encode(&mut out[shard]);
        counts[shard] += 1;
    }
}

/// Appends an item as a row; one that would be an empty line, which is no row, as an empty text in quotes.
#[inline]
pub(crate) fn encode_row<T: Record>(item: &T, delimiter: u8, out: &mut Vec<u8>) {
    let start = out.len();
    item.encode_row(delimiter, out);
    if out.len() == start {
        out.extend_from_slice(b"\"\"");
    }
}

/// An item as a row of text, for a dead letter.
pub(crate) fn row_text<T: Record>(item: &T) -> String {
    let mut row = Vec::new();
    encode_row(item, b',', &mut row);
    String::from_utf8_lossy(&row).into_owned()
}
