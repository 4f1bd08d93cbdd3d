//! Made-up holdings: which user holds how many shares of which fund, drawn from a seed.
//!
//! Every row is a pure function of the seed and its number, so that any block can be made by any thread.

use super::prices::{FIRST_FUND, FUNDS};

/// Users come in groups of eight, holding 1, 2, 3, 4, 4, 5, 6 and 7 funds in an order drawn for each group: four on
/// average, with no table needed to find the user of a row.
const HOLDINGS: [u64; 8] = [1, 2, 3, 4, 4, 5, 6, 7];
const USERS_A_GROUP: u64 = HOLDINGS.len() as u64;
const ROWS_A_GROUP: u64 = 32;

/// Steps through the funds that share no factor with their number, so that no user holds a fund twice.
const STEPS: [u64; 8] = [1, 7, 13, 77, 101, 181, 233, 331];

/// Upper bounds of a holding, in hundredths of a share: most people hold little.
const SIZES: [u64; 8] = [10_000, 50_000, 100_000, 100_000, 500_000, 1_000_000, 1_000_000, 5_000_000];

/// One row: a user's holding of one fund; shares and cost in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) user_id: u64,
    pub(crate) fund_id: u64,
    pub(crate) shares: u64,
    pub(crate) cost: u64,
}

/// All rows of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings {
    rows: u64,
    seed: u64,
    scattered: bool,
}

impl Holdings {
    /// `rows` holdings drawn from `seed`. Sorted by user they have small ids, as an old register gives them;
    /// scattered they have random 64-bit ids. Both hold the same amounts of the same funds.
    pub(crate) fn new(rows: u64, seed: u64, scattered: bool) -> Self {
        Self { rows, seed: mix(seed), scattered }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Appends rows `from..to` as lines `user_id,fund_id,shares,cost`.
    pub(crate) fn append(&self, from: u64, to: u64, text: &mut Vec<u8>) {
        let mut group = Group::default();
        for row in from..to.min(self.rows) {
            let row = if self.scattered { self.scatter(row) } else { row };
            self.holding(row, &mut group).append(text);
        }
    }

    fn holding(&self, row: u64, group: &mut Group) -> Holding {
        let number = row / ROWS_A_GROUP;
        if group.number != Some(number) {
            *group = Group::new(number, self.seed);
        }
        let (slot, nth) = group.slots[(row % ROWS_A_GROUP) as usize];
        let user = number * USERS_A_GROUP + u64::from(slot);
        let draw = mix(self.seed.wrapping_add(user).wrapping_add(1 << 62));
        let step = STEPS[(draw >> 61) as usize];
        let fund_id = FIRST_FUND + (draw % FUNDS + u64::from(nth) * step) % FUNDS;
        let draw_row = mix(self.seed.wrapping_add(row).wrapping_add(1 << 63));
        let shares = 100 + (draw_row >> 3) % SIZES[(draw_row & 7) as usize];
        // What a share cost lies between 1.0000 and 7.0000.
        let paid = 10_000 + (draw_row >> 40) % 60_000;
        let user_id =
            if self.scattered { mix(user ^ self.seed) } else { 10_000_000 + 3 * user + (draw >> 32) % 3 };
        Holding { user_id, fund_id, shares, cost: shares * paid / 10_000 }
    }

    /// A bijection of `0..rows`: multiply and shift within the next power of two, again while the result is outside.
    fn scatter(&self, row: u64) -> u64 {
        let bits = (u64::BITS - self.rows.saturating_sub(1).leading_zeros()).max(2);
        let mask = u64::MAX >> (u64::BITS - bits);
        let mut at = row;
        loop {
            at = at.wrapping_add(self.seed) & mask;
            for odd in [0x9E37_79B9_7F4A_7C15_u64, 0xD1B5_4A32_D192_ED03, 0x94D0_49BB_1331_11EB] {
                at = at.wrapping_mul(odd) & mask;
                at ^= at >> (bits / 2);
            }
            if at < self.rows {
                return at;
            }
        }
    }
}

impl Holding {
    fn append(&self, text: &mut Vec<u8>) {
        let mut number = itoa::Buffer::new();
        text.extend_from_slice(number.format(self.user_id).as_bytes());
        text.push(b',');
        text.extend_from_slice(number.format(self.fund_id).as_bytes());
        for (hundredths, after) in [(self.shares, b','), (self.cost, b'\n')] {
            if after == b',' {
                text.push(b',');
            }
            text.extend_from_slice(number.format(hundredths / 100).as_bytes());
            let part = (hundredths % 100) as u8;
            text.extend_from_slice(&[b'.', b'0' + part / 10, b'0' + part % 10, after]);
        }
    }
}

/// The rows of one group: for each, the user's place in the group and the how-manieth of the user's rows it is.
#[derive(Default)]
struct Group {
    number: Option<u64>,
    slots: [(u8, u8); ROWS_A_GROUP as usize],
}

impl Group {
    fn new(number: u64, seed: u64) -> Self {
        let mut holdings = HOLDINGS;
        let mut draw = mix(seed.wrapping_add(number));
        for last in (1..holdings.len()).rev() {
            holdings.swap(last, (draw % (last as u64 + 1)) as usize);
            draw >>= 7;
        }
        let mut slots = [(0, 0); ROWS_A_GROUP as usize];
        let rows = (0_u8..).zip(holdings).flat_map(|(slot, count)| (0..count as u8).map(move |n| (slot, n)));
        for (place, row) in slots.iter_mut().zip(rows) {
            *place = row;
        }
        Self { number: Some(number), slots }
    }
}

/// The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection whose bits look random.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn all(holdings: &Holdings) -> Vec<Holding> {
        let mut group = Group::default();
        (0..holdings.rows())
            .map(|row| if holdings.scattered { holdings.scatter(row) } else { row })
            .map(|row| holdings.holding(row, &mut group))
            .collect()
    }

    #[test]
    fn sorted_holdings_are_sorted_and_no_user_holds_a_fund_twice() {
        let rows = all(&Holdings::new(10_000, 7, false));
        assert!(rows.is_sorted_by_key(|row| row.user_id));
        let pairs: BTreeSet<_> = rows.iter().map(|row| (row.user_id, row.fund_id)).collect();
        assert_eq!(pairs.len(), rows.len());
        let funds: BTreeSet<_> = rows.iter().map(|row| row.fund_id).collect();
        assert_eq!(funds.len() as u64, FUNDS);
    }

    #[test]
    fn users_hold_one_to_seven_funds_and_four_on_average() {
        let mut users = BTreeMap::new();
        for row in all(&Holdings::new(32_000, 1, false)) {
            *users.entry(row.user_id).or_insert(0_u64) += 1;
        }
        assert_eq!(users.len(), 8_000);
        assert_eq!(users.values().copied().collect::<BTreeSet<_>>(), (1..=7).collect());
    }

    #[test]
    fn scattered_holdings_are_the_sorted_ones_in_another_order_under_other_ids() {
        let without_user = |scattered| {
            let rows = all(&Holdings::new(9_999, 3, scattered));
            let mut amounts: Vec<_> = rows.iter().map(|row| (row.fund_id, row.shares, row.cost)).collect();
            let order = amounts.clone();
            amounts.sort_unstable();
            let users: BTreeSet<_> = rows.iter().map(|row| row.user_id).collect();
            (amounts, order, users.len())
        };
        let (sorted, scattered) = (without_user(false), without_user(true));
        assert_eq!(sorted.0, scattered.0);
        assert_ne!(sorted.1, scattered.1);
        assert_eq!(sorted.2, scattered.2);
    }

    #[test]
    fn scattering_is_a_bijection_at_every_small_size() {
        for rows in 1..200 {
            let holdings = Holdings::new(rows, rows, true);
            let places: BTreeSet<_> = (0..rows).map(|row| holdings.scatter(row)).collect();
            assert_eq!(places, (0..rows).collect(), "{rows} rows");
        }
    }

    #[test]
    fn blocks_join_to_the_whole() {
        for scattered in [false, true] {
            let holdings = Holdings::new(1_000, 42, scattered);
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            holdings.append(0, 1_000, &mut whole);
            for from in (0..1_000).step_by(37) {
                holdings.append(from, from + 37, &mut parts);
            }
            assert_eq!(whole, parts);
        }
    }

    #[test]
    fn a_line_has_two_decimals() {
        let mut text = Vec::new();
        Holding { user_id: 9, fund_id: 1001, shares: 105, cost: 1_234_500 }.append(&mut text);
        assert_eq!(text, b"9,1001,1.05,12345.00\n");
    }
}
