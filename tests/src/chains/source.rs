//! `t-split` and `t-load`: rows that are made, not read, so that every shard is known to the naive evaluator.

use dyeline::prelude::*;
use serde::{Deserialize, Serialize};

use super::item::Item;

/// A range of rows.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Rows {
    from: u64,
    to: u64,
}

/// Where a shard of a source ends: the rows are divided as evenly as can be.
pub(super) fn end_of(rows: u64, shards: u64, shard: u64) -> u64 {
    rows * (shard + 1) / shards
}

/// Divides rows into shards
#[derive(Splitter)]
#[splitter(name = "t-split", shard = Rows)]
pub(crate) struct SplitRows {
    /// How many rows
    #[param]
    rows: u64,
    /// How many shards
    #[param]
    shards: u64,
}

impl Split for SplitRows {
    fn split(&mut self, _: &Context) -> Result<Vec<Rows>> {
        let from = |shard| if shard == 0 { 0 } else { end_of(self.rows, self.shards, shard - 1) };
        let shard = |s| Rows { from: from(s), to: end_of(self.rows, self.shards, s) };
        Ok((0..self.shards).map(shard).collect())
    }
}

/// Makes the rows of a shard
#[derive(Loader)]
#[loader(name = "t-load", shard = Rows, cursor = u64, output = Item)]
pub(crate) struct LoadRows {
    /// What rows are drawn from
    #[param]
    seed: u64,
    /// How many keys there are
    #[param]
    keys: u64,
    /// Whether keys ascend
    #[param]
    sorted: bool,
    /// Rows that are made at a time
    #[param]
    step: u64,
    at: u64,
    to: u64,
}

impl Load for LoadRows {
    fn open(&mut self, shard: Rows, cursor: Option<u64>, _: &Context) -> Result<()> {
        (self.at, self.to) = (cursor.unwrap_or(shard.from), shard.to);
        Ok(())
    }

    fn load(&mut self, out: &mut Emitter<Item>, _: &Context) -> Result<bool> {
        let room = (out.room() as u64).min(self.step.max(1));
        let until = (self.at + room).min(self.to);
        for row in self.at..until {
            out.emit(Item::of_row(self.seed, row, self.keys, self.sorted));
        }
        self.at = until;
        Ok(self.at < self.to)
    }

    fn cursor(&self) -> u64 {
        self.at
    }
}
