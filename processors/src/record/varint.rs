//! Whole numbers in as few bytes as they need; signed ones zigzag first.
//!
//! ```text
//!   xxxxxxx1                      below 2^7: one byte
//!   xxxxxx10 xxxxxxxx             below 2^14: two, and so on:
//!   10000000 xxxxxxxx × 7         below 2^56: eight; the zeros at the bottom say how many bytes follow
//!   00000000 xxxxxxxx × 8         any u64
//!   00000000 n xxxxxxxx × n       any i128, n from 8 to 16
//! ```
//! The length is in the first byte, so that a number is written and read in a few steps without a loop.

use super::Fault;

/// Numbers below this are their first eight bytes at most.
const EIGHT_BYTES: u64 = 1 << 56;

/// The form of a number below 2^56 (its bytes, and how many).
#[inline(always)]
fn short(value: u64) -> (u64, usize) {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    let len = bits.div_ceil(7);
    ((value << 1 | 1) << (len - 1), len)
}

/// Appends a number.
#[inline]
pub(crate) fn encode_u64(value: u64, out: &mut Vec<u8>) {
    if value < EIGHT_BYTES {
        let (bytes, len) = short(value);
        // Eight bytes at a fixed cost, then the rest off again: cheaper than a copy of a variable length.
        out.extend_from_slice(&bytes.to_le_bytes());
        out.truncate(out.len() - (8 - len));
    } else {
        let mut bytes = [0; 9];
        bytes[1..].copy_from_slice(&value.to_le_bytes());
        out.extend_from_slice(&bytes);
    }
}

/// Appends a number.
#[inline]
pub(crate) fn encode_i128(value: i128, out: &mut Vec<u8>) {
    let zigzag = (value << 1 ^ value >> 127) as u128;
    if zigzag < u128::from(EIGHT_BYTES) { encode_u64(zigzag as u64, out) } else { encode_long(zigzag, out) }
}

#[cold]
fn encode_long(zigzag: u128, out: &mut Vec<u8>) {
    let len = (16 - zigzag.leading_zeros() as usize / 8).max(8);
    out.extend_from_slice(&[0, len as u8]);
    out.extend_from_slice(&zigzag.to_le_bytes()[..len]);
}

/// Reads a number from the front.
#[inline]
pub(crate) fn decode_u64(input: &mut &[u8]) -> Result<u64, Fault> {
    if let Some(value) = decode_short(input)? {
        return Ok(value);
    }
    let (bytes, rest) = input[1..].split_first_chunk().ok_or(Fault::Truncated)?;
    *input = rest;
    Ok(u64::from_le_bytes(*bytes))
}

/// Reads a number from the front.
#[inline]
pub(crate) fn decode_i128(input: &mut &[u8]) -> Result<i128, Fault> {
    let zigzag = match decode_short(input)? {
        Some(value) => u128::from(value),
        None => decode_long(input)?,
    };
    Ok((zigzag >> 1) as i128 ^ -((zigzag & 1) as i128))
}

/// Reads a number below 2^56; `None`, and nothing is read, if a longer one stands there.
#[inline(always)]
fn decode_short(input: &mut &[u8]) -> Result<Option<u64>, Fault> {
    let word = match input.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => padded(input)?,
    };
    if word & 0xFF == 0 {
        return Ok(None);
    }
    let len = word.trailing_zeros() as usize + 1;
    *input = input.get(len..).ok_or(Fault::Truncated)?;
    Ok(Some(word << (64 - 8 * len) >> (64 - 7 * len)))
}

/// The last bytes of an input, with zeros behind them.
#[cold]
fn padded(input: &[u8]) -> Result<u64, Fault> {
    if input.is_empty() {
        return Err(Fault::Truncated);
    }
    let mut bytes = [0; 8];
    bytes[..input.len()].copy_from_slice(input);
    Ok(u64::from_le_bytes(bytes))
}

#[cold]
fn decode_long(input: &mut &[u8]) -> Result<u128, Fault> {
    let (len, rest) = input[1..].split_first().ok_or(Fault::Truncated)?;
    if !(8..=16).contains(len) {
        return Err(Fault::Range);
    }
    let (value, rest) = rest.split_at_checked(usize::from(*len)).ok_or(Fault::Truncated)?;
    let mut bytes = [0; 16];
    bytes[..value.len()].copy_from_slice(value);
    *input = rest;
    Ok(u128::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_with_and_without_bytes_behind_it() {
        let mut values: Vec<i128> = vec![0, i128::MAX, i128::MIN];
        for bit in 0..127 {
            for near in [-1, 0, 1] {
                values.extend([(1i128 << bit) + near, -(1i128 << bit) + near]);
            }
        }
        for value in values {
            for padding in [0, 20] {
                let mut bytes = Vec::new();
                encode_i128(value, &mut bytes);
                let len = bytes.len();
                bytes.resize(len + padding, 0xFF);
                let mut input = &bytes[..];
                assert_eq!(decode_i128(&mut input), Ok(value));
                assert_eq!(input.len(), padding, "{value}");
                if let Ok(small) = u64::try_from(value) {
                    let mut bytes = Vec::new();
                    encode_u64(small, &mut bytes);
                    let len = bytes.len();
                    bytes.resize(len + padding, 0xFF);
                    assert_eq!(decode_u64(&mut &bytes[..]), Ok(small));
                    for cut in 0..len {
                        assert!(decode_u64(&mut &bytes[..cut]).is_err(), "{small} cut to {cut}");
                    }
                }
                for cut in 0..len {
                    assert!(decode_i128(&mut &bytes[..cut]).is_err(), "{value} cut to {cut}");
                }
            }
        }
    }

    #[test]
    fn a_length_that_no_number_has_is_an_error() {
        for len in [0, 7, 17, 255] {
            let mut bytes = [0xFF; 30];
            bytes[..2].copy_from_slice(&[0, len]);
            assert_eq!(decode_i128(&mut &bytes[..]), Err(Fault::Range), "{len}");
        }
    }
}
