//! The record of the test chains, and the pure functions of an item that both the product's processors and the naive
//! evaluator apply.

use dyeline::prelude::*;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
#[record(name = "TestItem")]
pub struct Item {
    /// What items are grouped and exchanged by.
    pub key: u64,
    /// What is computed with.
    pub value: i64,
    /// How many source items are in it.
    pub weight: u64,
    /// A text that needs quotes now and then.
    pub note: String,
}

/// SplitMix64's output function.
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Item {
    /// A number drawn from the item and a seed.
    #[must_use]
    pub fn draw(&self, seed: u64) -> u64 {
        let note = self.note.bytes().fold(7u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        mix(mix(mix(mix(seed) ^ self.key) ^ self.value.cast_unsigned()) ^ self.weight ^ note)
    }

    /// The row of a source: keys ascend when `sorted`.
    #[must_use]
    pub fn of_row(seed: u64, row: u64, keys: u64, sorted: bool) -> Self {
        let drawn = mix(seed ^ mix(row));
        let key = if sorted { row / 3 } else { drawn % keys.max(1) };
        let note = match drawn >> 32 & 15 {
            0 => "a, \"quoted\" note".to_owned(),
            1 => "two\nlines".to_owned(),
            2 => String::new(),
            n => format!("n{n}"),
        };
        Self { key, value: (drawn >> 8 & 0xffff).cast_signed() - 0x8000, weight: 1, note }
    }

    /// What `t-map` makes of it.
    #[must_use]
    pub fn mapped(mut self, factor: i64) -> Self {
        self.value = self.value.wrapping_mul(factor).wrapping_add(1);
        self
    }

    /// How many items `t-expand` makes of it.
    #[must_use]
    pub fn copies(&self, most: u64) -> u64 {
        self.draw(most) % (most + 1)
    }

    /// One of the items that `t-expand` makes of it.
    #[must_use]
    pub fn copy(&self, number: u64) -> Self {
        Self { value: self.value.wrapping_add(number.cast_signed()), ..self.clone() }
    }

    /// Adds another of the same key; the order does not matter.
    pub fn merge(&mut self, other: Self) {
        self.value = self.value.wrapping_add(other.value);
        self.weight += other.weight;
        if other.note < self.note {
            self.note = other.note;
        }
    }

    /// Takes another one in, so that the order does matter.
    pub fn fold(&mut self, other: &Self) {
        self.value = mix(self.value.cast_unsigned() ^ other.draw(11)).cast_signed() >> 8;
        self.weight += other.weight;
    }

    /// What a fold starts with.
    #[must_use]
    pub fn nothing() -> Self {
        Self { key: 0, value: 0, weight: 0, note: String::new() }
    }
}

/// How an item behaves where it can fail: a pure function of the item and a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// It never fails.
    Good,
    /// It is given up at once.
    Skip,
    /// It fails in attempts up to this one, in this way.
    Until(u32, How),
    /// It fails in every attempt.
    Stubborn,
}

/// A way of failing that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A retryable error.
    Retryable,
    /// A panic.
    Panic,
    /// A throttled error.
    Throttled,
}

/// Of 100,000 items, how many fail in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Given up at once.
    pub skip: u64,
    /// A retryable error that passes.
    pub flaky: u64,
    /// A panic that passes.
    pub panics: u64,
    /// A throttled error that passes.
    pub throttled: u64,
    /// A retryable error that does not pass.
    pub stubborn: u64,
}

impl Temper {
    /// The temper of an item.
    #[must_use]
    pub fn of(item: &Item, seed: u64, rates: &Rates) -> Self {
        let drawn = item.draw(seed);
        let until = 1 + (drawn >> 40) as u32 % 2;
        let mut at = drawn % 100_000;
        let ways = [
            (rates.skip, Self::Skip),
            (rates.flaky, Self::Until(until, How::Retryable)),
            (rates.panics, Self::Until(until, How::Panic)),
            (rates.throttled, Self::Until(until, How::Throttled)),
            (rates.stubborn, Self::Stubborn),
        ];
        for (rate, temper) in ways {
            if at < rate {
                return temper;
            }
            at -= rate;
        }
        Self::Good
    }
}

/// Whether `t-doom` ends the task at this item of a doomed shard.
#[must_use]
pub fn dooms(item: &Item, seed: u64) -> bool {
    item.draw(seed).is_multiple_of(512)
}

/// Whether a shard is doomed.
#[must_use]
pub fn doomed(seed: u64, shard: u32) -> bool {
    mix(seed ^ mix(u64::from(shard))).is_multiple_of(4)
}
