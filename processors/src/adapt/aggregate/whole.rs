//! An aggregate that has all items of its keys in one shard, or all partial results.

use super::{super::items::each, table::Table};
use crate::{
    contract::{
        Aggregate, Chunk, Context, Failure, ItemRun, ParamError, ParamMap, ProcessNode, Result,
        roles::Stateful,
    },
    spare::Spare,
};

/// Keeps a table until the shard ends, and then emits it chunk by chunk. It cannot be saved in the middle.
pub(super) struct Whole<A: Aggregate> {
    aggregate: A,
    /// Takes partial results, not items.
    merges: bool,
    table: Table<A>,
    /// The items have ended, and the results are on their way.
    sorted: bool,
    out: Spare<Vec<A::Output>>,
}

impl<A: Aggregate> Whole<A> {
    /// Takes items.
    pub(super) fn new(aggregate: A) -> Self {
        Self { aggregate, merges: false, table: Table::default(), sorted: false, out: Spare::take() }
    }

    /// Takes partial results.
    pub(super) fn merging(aggregate: A) -> Self {
        Self { merges: true, ..Self::new(aggregate) }
    }
}

impl<A: Aggregate + Stateful> ProcessNode for Whole<A> {
    fn open(&mut self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn chunk(&self, _: u32) -> Chunk {
        Chunk::new::<A::Output>(0)
    }

    fn process(&mut self, _: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let read = input.len() as u64;
        let (table, aggregate) = (&mut self.table, &self.aggregate);
        let given_up = if self.merges {
            each(input.items_mut::<A::Output>(), run, |_, partial| table.merge(aggregate, partial))?
        } else {
            each(input.items_mut::<A::Input>(), run, |_, item| table.add(aggregate, item))?
        };
        if self.merges {
            // Its other half has counted the items; of partial results only those that were given up are told.
            run.counts.read += given_up;
        } else {
            run.counts.read += read;
            run.counts.passed += read - given_up;
        }
        Ok(())
    }

    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure> {
        if !self.sorted {
            self.table.sort(&self.aggregate);
            self.sorted = true;
        }
        let before = self.out.len();
        self.table.take(run.cx.chunk_rows(), &mut self.out);
        let emitted = self.out.len() - before;
        run.counts.emitted += emitted as u64;
        Ok(emitted > 0)
    }

    fn take(&mut self, _: u32, chunk: &mut Chunk) {
        std::mem::swap(&mut *self.out, chunk.items_mut());
    }

    fn at_boundary(&self) -> bool {
        self.table.is_empty() && !self.sorted
    }

    fn save(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Ok(())
    }

    fn restore(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.aggregate, params)
    }
}
