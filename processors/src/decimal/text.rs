//! Decimals as text: `-1234.50`.

use std::{fmt, str::FromStr};

use super::Decimal;
use crate::record::{Fault, POWERS, short_number};

/// Why a text is no decimal of the wanted scale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no number with at most {scale} places after the point")]
pub struct ParseDecimalError {
    text: String,
    scale: u8,
}

impl<const SCALE: u8> Decimal<SCALE> {
    /// Reads digits with an optional minus and an optional point. More places than `SCALE` must be zeros.
    pub(crate) fn parse_bytes(text: &[u8]) -> Result<Self, Fault> {
        let (negative, number) = match text {
            [] => return Err(Fault::Empty),
            [b'-', number @ ..] => (true, number),
            number => (false, number),
        };
        let point = number.iter().position(|b| *b == b'.');
        let (whole, places) = match point {
            Some(at) => (&number[..at], &number[at + 1..]),
            None => (number, &[][..]),
        };
        let cut = point.is_some() && places.is_empty();
        if !cut && let Some(mantissa) = Self::short(whole, places) {
            return Ok(Self::from_mantissa(if negative { -mantissa } else { mantissa }));
        }
        let digits_only = whole.iter().chain(places).all(u8::is_ascii_digit);
        if !digits_only || cut || (whole.is_empty() && places.is_empty()) {
            return Err(Fault::Malformed);
        }
        let (kept, extra) = places.split_at(places.len().min(usize::from(SCALE)));
        if extra.iter().any(|d| *d != b'0') {
            return Err(Fault::Places);
        }
        let missing = std::iter::repeat_n(&b'0', usize::from(SCALE) - kept.len());
        let sign = if negative { -1 } else { 1 };
        // Towards its sign from the start, so that the smallest number fits.
        let mantissa = whole.iter().chain(kept).chain(missing).try_fold(0i128, |value, digit| {
            value.checked_mul(10)?.checked_add(sign * i128::from(digit - b'0'))
        });
        mantissa.map(Self::from_mantissa).ok_or(Fault::Range)
    }

    /// The mantissa of a number like most: some digits before the point, no more behind it than there are places.
    fn short(whole: &[u8], places: &[u8]) -> Option<i128> {
        let missing = usize::from(SCALE).checked_sub(places.len())?;
        let scaled = u128::from(short_number(whole)?) * u128::from(*POWERS.get(usize::from(SCALE))?);
        let part = if places.is_empty() { 0 } else { short_number(places)? };
        i128::try_from(scaled + u128::from(part) * u128::from(*POWERS.get(missing)?)).ok()
    }

    /// Appends the text, always with `SCALE` places.
    #[inline]
    pub(crate) fn write_bytes(self, out: &mut Vec<u8>) {
        if self.0 < 0 {
            out.push(b'-');
        }
        let magnitude = self.0.unsigned_abs();
        let mut buffer = itoa::Buffer::new();
        // Numbers of 64 bits are written several times faster.
        let digits = match u64::try_from(magnitude) {
            Ok(short) => buffer.format(short),
            Err(_) => buffer.format(magnitude),
        };
        let scale = usize::from(SCALE);
        if scale == 0 {
            out.extend_from_slice(digits.as_bytes());
        } else if let Some(whole) = digits.len().checked_sub(scale).filter(|n| *n > 0) {
            let (whole, places) = digits.as_bytes().split_at(whole);
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(places);
        } else {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + scale - digits.len(), b'0');
            out.extend_from_slice(digits.as_bytes());
        }
    }
}

impl<const SCALE: u8> FromStr for Decimal<SCALE> {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
        Self::parse_bytes(text.as_bytes())
            .map_err(|_| ParseDecimalError { text: text.to_owned(), scale: SCALE })
    }
}

impl<const SCALE: u8> fmt::Display for Decimal<SCALE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(48);
        self.write_bytes(&mut text);
        let text = std::str::from_utf8(&text).unwrap_or_default();
        f.pad_integral(!self.is_negative(), "", text.strip_prefix('-').unwrap_or(text))
    }
}

impl<const SCALE: u8> fmt::Debug for Decimal<SCALE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
