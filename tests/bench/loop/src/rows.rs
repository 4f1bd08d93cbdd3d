//! Reads rows `user_id,fund_id,shares,cost` eight bytes at a time: no allocation and, in the usual form, no branch
//! that depends on a field's length.

/// Zeros that must follow the rows in a buffer, so that eight bytes can be loaded at any place.
pub(crate) const PADDING: usize = 32;

/// One row; shares in hundredths. The cost is read and checked, and not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) user_id: u64,
    pub(crate) fund_id: u64,
    pub(crate) shares: u64,
}

/// Reads the row at `at` and gives the place after its newline; `None` if it is not of the expected form.
#[inline(always)]
pub(crate) fn row(text: &[u8], at: usize) -> Option<(Row, usize)> {
    let (user_id, at) = digits(text, at)?;
    let (fund_id, at) = digits(text, after(text, at, b',')?)?;
    let (shares, at) = hundredths(text, after(text, at, b',')?)?;
    let (_cost, at) = hundredths(text, after(text, at, b',')?)?;
    Some((Row { user_id, fund_id, shares }, after(text, at, b'\n')?))
}

#[inline(always)]
fn after(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    (*text.get(at)? == byte).then_some(at + 1)
}

/// A whole number and the place after it.
#[inline(always)]
pub(crate) fn digits(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let (mut value, mut length) = eight(text, at)?;
    if length == 0 {
        return None;
    }
    let mut end = at + length;
    while length == 8 {
        let more;
        (more, length) = eight(text, end)?;
        value = value.checked_mul(POWERS[length])?.checked_add(more)?;
        end += length;
    }
    Some((value, end))
}

/// A decimal with two places, as hundredths, and the place after it.
#[inline(always)]
fn hundredths(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let (whole, at) = digits(text, at)?;
    let &[dot, tens, ones] = text.get(at..at + 3)?.first_chunk::<3>()?;
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if dot != b'.' || tens > 9 || ones > 9 {
        return None;
    }
    Some((whole.checked_mul(100)?.checked_add(u64::from(tens * 10 + ones))?, at + 3))
}

const POWERS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Up to eight digits at `at`: their value and how many there are.
#[inline(always)]
fn eight(text: &[u8], at: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*text.get(at..at + 8)?.first_chunk::<8>()?);
    // A byte is a digit if its high half is 3 and adding 6 does not carry it out of there.
    let high = (word & 0xF0F0_F0F0_F0F0_F0F0) ^ 0x3030_3030_3030_3030;
    let over = ((word & 0x0F0F_0F0F_0F0F_0F0F) + 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0;
    let length = ((high | over).trailing_zeros() / 8) as usize;
    // The digits move to the high end and zeros come in before them; a shift by 64 would be undefined.
    let digits = if length == 0 { 0 } else { (word & 0x0F0F_0F0F_0F0F_0F0F) << (64 - 8 * length as u32) };
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    let value = (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF;
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(Row, usize)> {
        let mut text = line.as_bytes().to_vec();
        text.resize(line.len() + PADDING, 0);
        row(&text, 0)
    }

    #[test]
    fn rows_of_every_length_are_read() {
        for user_id in [0, 7, 99_999_999, 100_000_000, 12_345_678_901, u64::MAX] {
            for fund_id in [1, 1001, 12_345_678] {
                for shares in [1, 99, 100, 123_456_789_012] {
                    let line = format!("{user_id},{fund_id},{}.{:02},0.10\n", shares / 100, shares % 100);
                    assert_eq!(read(&line), Some((Row { user_id, fund_id, shares }, line.len())), "{line}");
                }
            }
        }
    }

    #[test]
    fn rows_of_another_form_are_refused() {
        for line in [
            "\n",
            "1,2,3.00\n",
            "1,2,3.00,4.00,5\n",
            "x,2,3.00,4.00\n",
            "1,2,3.0,4.00\n",
            "1,2,3.000,4.00\n",
            "1,2,3,4\n",
            "1,2,-3.00,4.00\n",
            "1,,3.00,4.00\n",
            "1,2,3.00,4.0:\n",
            "1,2,3.00,4.00\r\n",
            "18446744073709551616,2,3.00,4.00\n",
            "1,2,3.00,4.00",
        ] {
            assert_eq!(read(line), None, "{line:?}");
        }
    }
}
