//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first; signed ones zigzag first.

use super::{Fault, hash_bytes};

/// The most bytes of a 64-bit number.
const MAX_64: usize = 10;
/// The most bytes of a 128-bit number.
const MAX_128: usize = 19;

/// The bits that say that another byte follows, in eight bytes.
const CONTINUED: u64 = 0x8080_8080_8080_8080;

/// Numbers below this fill at most eight bytes.
const EIGHT_BYTES: u64 = 1 << 56;

/// The form of a number below 2^56 (its bytes, and how many), without a loop.
#[inline(always)]
fn spread(value: u64) -> (u64, usize) {
    let x = value & 0x0FFF_FFFF | (value & 0x00FF_FFFF_F000_0000) << 4;
    let x = x & 0x0000_3FFF_0000_3FFF | (x & 0x0FFF_C000_0FFF_C000) << 2;
    let x = x & 0x007F_007F_007F_007F | (x & 0x3F80_3F80_3F80_3F80) << 1;
    let bits = 64 - (value | 1).leading_zeros() as usize;
    let len = bits.div_ceil(7);
    let more = CONTINUED & ((1 << (8 * (len - 1))) - 1);
    (x | more, len)
}

/// The form of any number (its bytes, and how many): random ids fill nine or ten.
#[inline(always)]
fn form(value: u64) -> ([u8; MAX_64], usize) {
    let mut bytes = [0; MAX_64];
    if value < EIGHT_BYTES {
        let (eight, len) = spread(value);
        bytes[..8].copy_from_slice(&eight.to_le_bytes());
        return (bytes, len);
    }
    let (eight, _) = spread(value & (EIGHT_BYTES - 1));
    bytes[..8].copy_from_slice(&(eight | CONTINUED).to_le_bytes());
    // The eight bits that are left fill one byte, or one and a bit.
    let high = (value >> 56) as u8;
    bytes[8] = high;
    bytes[9] = 1;
    (bytes, if high < 0x80 { 9 } else { 10 })
}

/// Seven bits of each byte put together again.
#[inline(always)]
fn gather(bytes: u64) -> u64 {
    let x = bytes & 0x7F7F_7F7F_7F7F_7F7F;
    let x = x & 0x007F_007F_007F_007F | (x & 0x7F00_7F00_7F00_7F00) >> 1;
    let x = x & 0x0000_3FFF_0000_3FFF | (x & 0x3FFF_0000_3FFF_0000) >> 2;
    x & 0x0000_0000_0FFF_FFFF | (x & 0x0FFF_FFFF_0000_0000) >> 4
}

/// Appends a number.
#[inline]
pub(crate) fn encode_u64(value: u64, out: &mut Vec<u8>) {
    if value < EIGHT_BYTES {
        let (bytes, len) = spread(value);
        // Eight bytes at a fixed cost, then the rest off again: cheaper than a copy of a variable length.
        out.extend_from_slice(&bytes.to_le_bytes());
        out.truncate(out.len() - (8 - len));
    } else {
        let (bytes, len) = form(value);
        out.extend_from_slice(&bytes);
        out.truncate(out.len() - (MAX_64 - len));
    }
}

/// xxh3-64, seed 0, of a number's form.
#[inline]
pub(crate) fn hash_u64(value: u64) -> u64 {
    let (bytes, len) = form(value);
    hash_bytes(&bytes[..len])
}

/// Appends a number.
#[inline]
pub(crate) fn encode_i128(value: i128, out: &mut Vec<u8>) {
    let zigzag = (value << 1 ^ value >> 127) as u128;
    if zigzag < u128::from(EIGHT_BYTES) { encode_u64(zigzag as u64, out) } else { encode_u128(zigzag, out) }
}

#[cold]
fn encode_u128(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number from the front.
#[inline]
pub(crate) fn decode_u64(input: &mut &[u8]) -> Result<u64, Fault> {
    if let Some(eight) = input.first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let ends = !word & CONTINUED;
        if ends != 0 {
            let len = ends.trailing_zeros() as usize / 8 + 1;
            *input = &input[len..];
            return Ok(gather(word & (u64::MAX >> (64 - 8 * len))));
        }
        if let [ninth, rest @ ..] = &input[8..]
            && let Some((high, len)) = match rest.first() {
                _ if *ninth < 0x80 => Some((u64::from(*ninth), 9)),
                Some(1) => Some((u64::from(*ninth), 10)),
                _ => None,
            }
        {
            *input = &input[len..];
            return Ok(gather(word) | high << 56);
        }
    }
    let value = decode_slow(input, MAX_64)?;
    u64::try_from(value).map_err(|_| Fault::Range)
}

/// Reads a number from the front.
#[inline]
pub(crate) fn decode_i128(input: &mut &[u8]) -> Result<i128, Fault> {
    let short = match input.first_chunk::<8>() {
        Some(eight) => !u64::from_le_bytes(*eight) & CONTINUED != 0,
        None => false,
    };
    let zigzag = if short { u128::from(decode_u64(input)?) } else { decode_slow(input, MAX_128)? };
    Ok((zigzag >> 1) as i128 ^ -((zigzag & 1) as i128))
}

#[cold]
fn decode_slow(input: &mut &[u8], max: usize) -> Result<u128, Fault> {
    let mut value = 0u128;
    for (i, byte) in input.iter().take(max).enumerate() {
        let bits = u128::from(byte & 0x7F);
        if i == MAX_128 - 1 && bits > 3 {
            return Err(Fault::Range);
        }
        value |= bits << (7 * i);
        if byte & 0x80 == 0 {
            *input = &input[i + 1..];
            return Ok(value);
        }
    }
    Err(if input.len() < max { Fault::Truncated } else { Fault::Range })
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
                    bytes.resize(bytes.len() + padding, 0xFF);
                    assert_eq!(decode_u64(&mut &bytes[..]), Ok(small));
                }
                for cut in 0..len {
                    assert!(decode_i128(&mut &bytes[..cut]).is_err(), "{value} cut to {cut}");
                }
            }
        }
    }

    #[test]
    fn a_number_too_large_is_an_error() {
        assert_eq!(decode_u64(&mut &[0xFF; 30][..]), Err(Fault::Range));
        assert_eq!(decode_i128(&mut &[0xFF; 30][..]), Err(Fault::Range));
        let mut too_large = vec![0xFF; 18];
        too_large.push(0x04);
        assert_eq!(decode_i128(&mut &too_large[..]), Err(Fault::Range));
    }
}
