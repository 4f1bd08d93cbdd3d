//! The field types of the standard library, and days.

use std::{cmp::Ordering, io::Write as _};

use super::{
    Fault, Field, RowCursor, decode_i128, decode_u64, encode_i128, encode_u64, hash_bytes, short_number,
};
use crate::contract::FieldType;

macro_rules! unsigned {
    ($($t:ty: $read:ident),*) => {$(
        impl Field for $t {
            const KIND: FieldType = FieldType::Uint(<$t>::BITS as u8);

            #[inline(always)]
            fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
                Self::try_from(row.$read()?).map_err(|_| Fault::Range)
            }
            fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
                let value = whole(text)?;
                Self::try_from(value).map_err(|_| Fault::Range)
            }
            fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
                out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
            }
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                encode_u64(u64::from(*self), out);
            }
            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
                Self::try_from(decode_u64(input)?).map_err(|_| Fault::Range)
            }
            #[inline]
            fn hash(&self) -> u64 {
                hash_bytes(&u64::from(*self).to_le_bytes())
            }
            fn compare(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}
unsigned!(u8: unsigned, u16: unsigned, u32: unsigned, u64: unsigned_long);

macro_rules! signed {
    ($($t:ty: $read:ident),*) => {$(
        impl Field for $t {
            const KIND: FieldType = FieldType::Int(<$t>::BITS as u8);

            #[inline(always)]
            fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
                let negative = row.peek() == Some(b'-');
                if negative {
                    row.advance(1);
                }
                let value = i128::from(row.$read()?);
                Self::try_from(if negative { -value } else { value }).map_err(|_| Fault::Range)
            }
            fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
                let value = whole(text)?;
                Self::try_from(value).map_err(|_| Fault::Range)
            }
            fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
                out.extend_from_slice(itoa::Buffer::new().format(*self).as_bytes());
            }
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                encode_u64(zigzag(i64::from(*self)), out);
            }
            #[inline]
            fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
                let zigzag = decode_u64(input)?;
                Self::try_from((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)).map_err(|_| Fault::Range)
            }
            #[inline]
            fn hash(&self) -> u64 {
                hash_bytes(&i64::from(*self).to_le_bytes())
            }
            fn compare(&self, other: &Self) -> Ordering {
                self.cmp(other)
            }
        }
    )*};
}
signed!(i8: unsigned, i16: unsigned, i32: unsigned, i64: unsigned_long);

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// A whole number in digits, with an optional minus.
fn whole(text: &[u8]) -> Result<i128, Fault> {
    let (negative, digits) = match text {
        [] => return Err(Fault::Empty),
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if let Some(value) = short_number(digits) {
        return Ok(if negative { -i128::from(value) } else { i128::from(value) });
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::Malformed);
    }
    let value = digits
        .iter()
        .try_fold(0i128, |value, digit| value.checked_mul(10)?.checked_add(i128::from(digit - b'0')))
        .ok_or(Fault::Range)?;
    Ok(if negative { -value } else { value })
}

macro_rules! float {
    ($($t:ty: $bits:literal),*) => {$(
        impl Field for $t {
            const KIND: FieldType = FieldType::Float($bits);

            #[inline]
            fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
                Self::decode_bytes(row.text()?)
            }
            fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
                if text.is_empty() {
                    return Err(Fault::Empty);
                }
                let text = std::str::from_utf8(text).map_err(|_| Fault::Utf8)?;
                text.parse().map_err(|_| Fault::Malformed)
            }
            fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
                // The shortest text that reads back as the same number; writing to a Vec cannot fail.
                let _ = write!(out, "{self}");
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_bits().to_le_bytes());
            }
            fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
                let (bytes, rest) = input.split_first_chunk().ok_or(Fault::Truncated)?;
                *input = rest;
                Ok(Self::from_le_bytes(*bytes))
            }
            fn hash(&self) -> u64 {
                hash_bytes(&self.to_bits().to_le_bytes())
            }
            fn compare(&self, other: &Self) -> Ordering {
                self.total_cmp(other)
            }
        }
    )*};
}
float!(f32: 32, f64: 64);

impl Field for bool {
    const KIND: FieldType = FieldType::Bool;

    #[inline]
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
        Self::decode_bytes(row.text()?)
    }
    fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
        match text {
            b"true" => Ok(true),
            b"false" => Ok(false),
            b"" => Err(Fault::Empty),
            _ => Err(Fault::Malformed),
        }
    }
    fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
        let (byte, rest) = input.split_first().ok_or(Fault::Truncated)?;
        *input = rest;
        match byte {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Fault::Malformed),
        }
    }
    fn hash(&self) -> u64 {
        hash_bytes(&[u8::from(*self)])
    }
    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Field for String {
    const KIND: FieldType = FieldType::Text;

    #[inline]
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
        let text = if row.peek() == Some(b'"') { row.quoted()? } else { row.text()? };
        Self::decode_bytes(text)
    }
    #[inline]
    fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| Fault::Utf8)
    }
    fn encode_text(&self, delimiter: u8, out: &mut Vec<u8>) {
        quote(self.as_bytes(), delimiter, out);
    }
    fn encode(&self, out: &mut Vec<u8>) {
        encode_u64(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }
    fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
        let len = usize::try_from(decode_u64(input)?).map_err(|_| Fault::Truncated)?;
        let (text, rest) = input.split_at_checked(len).ok_or(Fault::Truncated)?;
        *input = rest;
        Self::decode_bytes(text)
    }
    #[inline]
    fn hash(&self) -> u64 {
        hash_bytes(self.as_bytes())
    }
    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

/// Appends a text, in quotes if it has the delimiter, a quote or a line ending in it.
pub(crate) fn quote(text: &[u8], delimiter: u8, out: &mut Vec<u8>) {
    if !text.iter().any(|&b| b == delimiter || matches!(b, b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for part in text.split_inclusive(|b| *b == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

impl Field for jiff::civil::Date {
    const KIND: FieldType = FieldType::Date;

    #[inline]
    fn decode_text(row: &mut RowCursor<'_>) -> Result<Self, Fault> {
        Self::decode_bytes(row.text()?)
    }
    fn decode_bytes(text: &[u8]) -> Result<Self, Fault> {
        let number = |digits: &[u8]| -> Option<i16> {
            digits.iter().try_fold(0, |n: i16, d| d.is_ascii_digit().then(|| n * 10 + i16::from(d - b'0')))
        };
        let date = match text {
            [] => return Err(Fault::Empty),
            [year @ .., b'-', m1, m2, b'-', d1, d2] if year.len() == 4 => {
                let (year, month, day) = (number(year), number(&[*m1, *m2]), number(&[*d1, *d2]));
                year.zip(month).zip(day).and_then(|((y, m), d)| Self::new(y, m as i8, d as i8).ok())
            }
            _ => None,
        };
        date.ok_or(Fault::Malformed)
    }
    fn encode_text(&self, _: u8, out: &mut Vec<u8>) {
        let _ = write!(out, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day());
    }
    fn encode(&self, out: &mut Vec<u8>) {
        encode_i128(i128::from(packed(*self)), out);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, Fault> {
        let packed = i32::try_from(decode_i128(input)?).map_err(|_| Fault::Range)?;
        let (year, month, day) = (packed >> 9, packed >> 5 & 15, packed & 31);
        let year = i16::try_from(year).map_err(|_| Fault::Range)?;
        Self::new(year, month as i8, day as i8).map_err(|_| Fault::Range)
    }
    fn hash(&self) -> u64 {
        hash_bytes(&i64::from(packed(*self)).to_le_bytes())
    }
    fn compare(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

/// A day in the bits of one number that sorts as the days do.
fn packed(date: jiff::civil::Date) -> i32 {
    (i32::from(date.year()) << 4 | i32::from(date.month())) << 5 | i32::from(date.day())
}
