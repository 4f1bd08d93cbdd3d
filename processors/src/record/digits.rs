//! Digits, many at a time: where they end, and what eight of them are worth.

use wide::u8x16;

/// `'0'` in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Eight bytes at `at`, the first the lowest; behind the end stand zeros.
#[inline(always)]
pub(crate) fn load8(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load_tail(text, at),
    }
}

#[cold]
fn load_tail(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().take(8).rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The value of the `n` digits (1 to 8) in the low bytes of `word`.
///
/// Three multiplications, after "Faster integer parsing" by Ivan Kochin and simdjson.
#[inline(always)]
pub(crate) fn parse8(word: u64, n: usize) -> u64 {
    debug_assert!((1..=8).contains(&n));
    join8((word ^ ZEROS) << (64 - 8 * n))
}

/// The value of eight digits, 0 to 9 a byte, the first the lowest byte.
#[inline(always)]
fn join8(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00FF_0000_00FF;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let high = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    low.wrapping_add(high) >> 32
}

/// The most digits of which every number fits a `u64`.
const SURE_DIGITS: usize = 19;

/// The value of 1 to 19 digits; `None` for anything else.
#[inline]
pub(crate) fn short_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > SURE_DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |value: u64, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u64::from(digit))
    })
}

/// The value of `n` digits, a point and further digits, `len` bytes (at most 8) in all, as if the point were not there.
#[inline(always)]
pub(crate) fn parse8_pointed(word: u64, n: usize, len: usize) -> u64 {
    debug_assert!(n >= 1 && n < len && len <= 8);
    let digits = word ^ ZEROS;
    let whole = digits & ((1 << (8 * n)) - 1);
    // The digits before the point move up by one byte, onto it.
    let below = u64::MAX << (8 * n);
    let joined = whole << 8 | digits & (below << 8);
    join8(joined << (64 - 8 * len))
}

/// For each of the 64 bytes from `at`, whether it is no digit; the first is the lowest bit. What is behind the end of
/// the text is no digit.
#[inline(always)]
pub(crate) fn stops(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(|rest| rest.first_chunk::<64>()) {
        Some(bytes) => stops64(bytes),
        None => stops_tail(text, at),
    }
}

#[cold]
#[inline(never)]
fn stops_tail(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    let mut bytes = [0; 64];
    let n = rest.len().min(64);
    bytes[..n].copy_from_slice(&rest[..n]);
    stops64(&bytes)
}

#[inline(always)]
fn stops64(bytes: &[u8; 64]) -> u64 {
    let (blocks, _) = bytes.as_chunks::<16>();
    let block = |i: usize| {
        let values = u8x16::from(blocks[i]) ^ u8x16::splat(b'0');
        let digits = values.saturating_sub(u8x16::splat(9)).simd_eq(u8x16::ZERO);
        u64::from(digits.to_bitmask() as u16)
    };
    !(block(0) | block(1) << 16 | block(2) << 32 | block(3) << 48)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_at_once() {
        for text in ["0", "7", "42", "99999999", "12345678", "00000001", "1234567"] {
            assert_eq!(parse8(load8(text.as_bytes(), 0), text.len()), text.parse::<u64>().unwrap(), "{text}");
        }
        for text in ["0.1", "7.25", "1234.567", "1.234567", "00.00001", "123456.7"] {
            let n = text.find('.').unwrap();
            let expected: u64 = text.replace('.', "").parse().unwrap();
            let padded = format!("{text},999999");
            assert_eq!(parse8_pointed(load8(padded.as_bytes(), 0), n, text.len()), expected, "{text}");
        }
    }

    #[test]
    fn every_byte_stops_or_not_in_every_place() {
        for byte in 0..=255u8 {
            for place in 0..64 {
                let mut text = [b'5'; 64];
                text[place] = byte;
                let expected = if byte.is_ascii_digit() { 0 } else { 1 << place };
                assert_eq!(stops64(&text), expected, "byte {byte} at {place}");
            }
        }
        assert_eq!(stops(b"12", 0), !0b11);
    }
}
