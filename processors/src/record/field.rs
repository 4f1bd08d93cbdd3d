//! What the type of a field must offer.

use std::cmp::Ordering;

use super::{Fault, RowCursor};
use crate::contract::FieldType;

/// A type that a record's field can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a record",
    label = "not a field type",
    note = "fields are bool, i8 to i64, u8 to u64, f32, f64, Decimal<SCALE>, String, jiff::civil::Date, and Option of them"
)]
pub trait Field: Sized {
    /// What it holds, for the schema.
    const KIND: FieldType;
    /// Whether it may be empty.
    const OPTIONAL: bool = false;

    /// Reads a field of text at the cursor, which is left at the delimiter or line ending behind it. May give up with
    /// [`Fault::Unusual`] at anything that [`Field::decode_bytes`] is to read.
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault>;

    /// Reads a field from its whole text, without quotes.
    fn decode_bytes(text: &[u8]) -> Result<Self, Fault>;

    /// Appends the text, quoted where RFC 4180 asks for it.
    fn encode_text(&self, delimiter: u8, out: &mut Vec<u8>);

    /// Appends the binary form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the binary form from the front of `input`.
    fn decode(input: &mut &[u8]) -> Result<Self, Fault>;

    /// xxh3-64, seed 0, of the value in a fixed form, little-endian: whole numbers of any width, and the number that
    /// a day is packed into, as 8 bytes, the mantissa of a decimal as 16, the bits of a float, `bool` as one byte, text
    /// as it is. An optional value has the hash of what it holds, or of nothing.
    fn hash(&self) -> u64;

    /// The order of the type; for floats the total order of IEEE 754, so that a sort is the same everywhere.
    fn compare(&self, other: &Self) -> Ordering;
}

/// xxh3-64 with seed 0.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

impl<T: Field> Field for Option<T> {
    const KIND: FieldType = T::KIND;
    const OPTIONAL: bool = true;

    #[inline(always)]
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
        if row.at_field_end() {
            Ok(None)
        } else if row.at_empty_quotes() {
            // No value, for the careful reader too.
            Err(Fault::Unusual)
        } else {
            T::decode_text(row).map(Some)
        }
    }

    fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
        if text.is_empty() { Ok(None) } else { T::decode_bytes(text).map(Some) }
    }

    fn encode_text(&self, delimiter: u8, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.encode_text(delimiter, out);
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.encode(out);
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
        match input.split_first() {
            Some((0, rest)) => {
                *input = rest;
                Ok(None)
            }
            Some((1, rest)) => {
                *input = rest;
                T::decode(input).map(Some)
            }
            Some(_) => Err(Fault::Malformed),
            None => Err(Fault::Truncated),
        }
    }

    #[inline]
    fn hash(&self) -> u64 {
        self.as_ref().map_or_else(|| hash_bytes(&[]), T::hash)
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Some(a), Some(b)) => a.compare(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}
