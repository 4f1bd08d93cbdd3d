//! The straight path through rows of text whose columns stand in the order of the fields.

use super::{Fault, Field, FieldError, load8, parse8};
use crate::record::digits::{parse8_pointed, stops};

/// Reads field after field straight from the buffer: no tokens, no allocation for what is not text.
///
/// Where a number ends is looked up in a mask of the bytes ahead that are no digits, made 64 bytes at a time. At
/// anything unusual (a quoted number, a sign, a space, the end of the buffer) it returns an error that means no more
/// than "read this row with [`super::Tokens`]", which then finds the value or says what is wrong.
#[derive(Debug)]
pub struct RowCursor<'a> {
    text: &'a [u8],
    at: usize,
    /// Bit i: the byte at `at + i` is no digit. A set bit is true and so are the zeros below it; zeros above the
    /// highest set bit say nothing.
    stops: u64,
    delimiter: u8,
}

impl<'a> RowCursor<'a> {
    /// A cursor at the beginning of `text`.
    pub fn new(text: &'a [u8], delimiter: u8) -> Self {
        Self { text, at: 0, stops: 0, delimiter }
    }

    /// Where it stands.
    #[inline(always)]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes to another place.
    pub(crate) fn go(&mut self, at: usize) {
        self.at = at;
        self.stops = 0;
    }

    /// Reads the field of this number, and the delimiter before it if it is not the first.
    #[inline(always)]
    pub fn field<T: Field>(&mut self, index: usize) -> Result<T, FieldError> {
        if index > 0 {
            if self.text.get(self.at) != Some(&self.delimiter) {
                return Err(unusual(index));
            }
            self.advance(1);
        }
        match T::decode_text(self) {
            Ok(value) => Ok(value),
            Err(fault) => Err(FieldError::new(fault, index)),
        }
    }

    /// Steps over `\n` or `\r\n`; `false` if neither stands here.
    #[inline(always)]
    pub(crate) fn end_line(&mut self) -> bool {
        let ahead = if self.text.get(self.at) == Some(&b'\n') {
            1
        } else if self.text.get(self.at) == Some(&b'\r') && self.text.get(self.at + 1) == Some(&b'\n') {
            2
        } else {
            return false;
        };
        self.advance(ahead);
        true
    }

    /// Whether a line ending stands here: an empty line.
    #[inline(always)]
    pub(crate) fn at_line_end(&self) -> bool {
        matches!(self.text.get(self.at), Some(b'\n' | b'\r'))
    }

    /// The byte it stands at.
    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Whether a field ends here.
    #[inline(always)]
    pub(crate) fn at_field_end(&self) -> bool {
        self.peek().is_some_and(|b| b == self.delimiter || b == b'\n' || b == b'\r')
    }

    /// Whether an empty text in quotes, or a text that begins with a quote, stands here.
    #[inline(always)]
    pub(crate) fn at_empty_quotes(&self) -> bool {
        self.peek() == Some(b'"') && self.text.get(self.at + 1) == Some(&b'"')
    }

    /// Steps over `n` bytes.
    #[inline(always)]
    pub(crate) fn advance(&mut self, n: usize) {
        self.at += n;
        self.stops = if n < 64 { self.stops >> n } else { 0 };
    }

    /// How many digits stand here; 64 if there are more.
    #[inline(always)]
    fn digits(&mut self) -> usize {
        if self.stops == 0 {
            self.stops = stops(self.text, self.at);
        }
        self.stops.trailing_zeros() as usize
    }

    /// Reads an unsigned number of 1 to 16 digits.
    #[inline(always)]
    pub(crate) fn unsigned(&mut self) -> Result<u64, Fault> {
        let n = self.digits();
        let value = if n.wrapping_sub(1) < 8 {
            parse8(load8(self.text, self.at), n)
        } else if n.wrapping_sub(9) < 8 {
            self.up_to_16(n)
        } else {
            return Err(Fault::Unusual);
        };
        self.advance(n);
        Ok(value)
    }

    #[inline(always)]
    fn up_to_16(&self, n: usize) -> u64 {
        let high = parse8(load8(self.text, self.at), 8);
        let low = parse8(load8(self.text, self.at + 8), n - 8);
        high * POWERS[n - 8] + low
    }

    /// Reads an unsigned number of any length that fits.
    #[inline(always)]
    pub(crate) fn unsigned_long(&mut self) -> Result<u64, Fault> {
        let n = self.digits();
        if n.wrapping_sub(17) >= 4 {
            return self.unsigned();
        }
        let high = u128::from(self.up_to_16(16)) * u128::from(POWERS[n - 16]);
        let low = parse8(load8(self.text, self.at + 16), n - 16);
        self.advance(n);
        u64::try_from(high + u128::from(low)).map_err(|_| Fault::Range)
    }

    /// Reads a decimal of this scale as its mantissa: up to 8 digits before the point, up to 8 behind it.
    #[inline(always)]
    pub(crate) fn mantissa<const SCALE: u8>(&mut self) -> Result<u64, Fault> {
        let n = self.digits();
        if n.wrapping_sub(1) >= 8 {
            return Err(Fault::Unusual);
        }
        let word = load8(self.text, self.at);
        if self.text.get(self.at + n) != Some(&b'.') {
            self.advance(n);
            return parse8(word, n).checked_mul(power(SCALE)?).ok_or(Fault::Unusual);
        }
        // Behind the point, which is the lowest stop; one step at a time, since 64 is no legal shift.
        let behind = self.stops >> n >> 1;
        let behind = if behind == 0 { stops(self.text, self.at + n + 1) } else { behind };
        let places = behind.trailing_zeros() as usize;
        if places.wrapping_sub(1) >= 8 || places > usize::from(SCALE) {
            return Err(Fault::Unusual);
        }
        let len = n + 1 + places;
        let missing = power(SCALE - places as u8)?;
        let value = if len <= 8 {
            parse8_pointed(word, n, len)
        } else {
            parse8(word, n) * POWERS[places] + parse8(load8(self.text, self.at + n + 1), places)
        };
        self.at += len;
        self.stops = behind >> places;
        value.checked_mul(missing).ok_or(Fault::Unusual)
    }

    /// The text of an unquoted field; leaves a field with quotes to the full reader.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|&b| b == self.delimiter || b == b'\n' || b == b'"');
        match found.map(|n| (n, rest[n])) {
            None | Some((_, b'"')) => Err(Fault::Unusual),
            Some((n, b'\n')) if n > 0 && rest[n - 1] == b'\r' => {
                self.advance(n - 1);
                Ok(&rest[..n - 1])
            }
            Some((n, _)) => {
                self.advance(n);
                Ok(&rest[..n])
            }
        }
    }

    /// The text of a quoted field without its quotes, if no quote is doubled in it.
    #[inline(always)]
    pub(crate) fn quoted(&mut self) -> Result<&'a [u8], Fault> {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let n = memchr::memchr(b'"', rest).ok_or(Fault::Unusual)?;
        self.advance(n + 2);
        if self.at_field_end() { Ok(&rest[..n]) } else { Err(Fault::Unusual) }
    }
}

/// Powers of ten that fit a `u64`.
pub(crate) const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut i = 1;
    while i < 20 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

#[inline(always)]
fn power(places: u8) -> Result<u64, Fault> {
    POWERS.get(usize::from(places)).copied().ok_or(Fault::Unusual)
}

#[cold]
fn unusual(index: usize) -> FieldError {
    FieldError::new(Fault::Unusual, index)
}
