//! The half of an aggregate before an exchange: fewer items to move.
//!
//! The two halves are one node to those who read its counts: this one counts what was read, the other what came out.

use super::{super::items::each, table::Table};
use crate::{
    contract::{
        Aggregate, Chunk, Context, Error, Failure, ItemRun, ParamError, ParamMap, ProcessNode, Result,
        roles::Stateful,
    },
    spare::Spare,
};

/// Partial results are handed on after so many chunks of the source, counted from the shard's start: memory is
/// bounded, and a resumed job hands on the same ones.
const GROUP_CHUNKS: u64 = 64;

/// After so many chunks of a group it is decided whether combining pays.
const SAMPLE_CHUNKS: u64 = 4;

/// Where combining does not pay, it is tried again after so many groups.
const PASSING_GROUPS: u64 = 16;

/// Keeps partial results of a group of chunks.
///
/// Where the first chunks of a group have nearly as many keys as items, combining costs more than it saves: the rest
/// of the group and some groups behind it are handed on item by item. That depends on nothing but the items, so it is
/// the same in each attempt.
pub(super) struct Combine<A: Aggregate> {
    aggregate: A,
    table: Table<A>,
    out: Spare<Vec<A::Output>>,
    group: Group,
    /// The items have ended, and the last partial results are on their way.
    sorted: bool,
}

/// The group of chunks under way.
#[derive(Clone, Copy, Default)]
struct Group {
    number: u64,
    taken: u64,
    way: Way,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Sampling,
    Combining,
    Passing,
}

impl Way {
    const ALL: [Self; 3] = [Self::Sampling, Self::Combining, Self::Passing];
}

impl<A: Aggregate> Combine<A> {
    pub(super) fn new(aggregate: A) -> Self {
        let (table, group) = (Table::default(), Group::default());
        Self { aggregate, table, out: Spare::take(), group, sorted: false }
    }

    /// Before a chunk: ends what ended with the chunks before it.
    fn start_chunk(&mut self, chunk: u64) {
        let number = chunk / GROUP_CHUNKS;
        let groups = if self.group.way == Way::Passing { PASSING_GROUPS } else { 1 };
        if number >= self.group.number + groups {
            self.table.take_all(&self.aggregate, &mut self.out);
            self.group = Group { number, ..Group::default() };
        }
        if self.group.way == Way::Sampling && chunk % GROUP_CHUNKS >= SAMPLE_CHUNKS {
            // A partial result costs about as much to combine as to move.
            let pays = self.table.len() as u64 * 2 <= self.group.taken;
            self.group.way = if pays { Way::Combining } else { Way::Passing };
            if !pays {
                self.table.take_all(&self.aggregate, &mut self.out);
            }
        }
    }
}

impl<A: Aggregate + Stateful> ProcessNode for Combine<A> {
    fn open(&mut self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn chunk(&self, _: u32) -> Chunk {
        Chunk::new::<A::Output>(0)
    }

    fn process(&mut self, _: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let items = input.items_mut::<A::Input>();
        let read = items.len() as u64;
        let chunk = run.row / run.cx.chunk_rows().max(1) as u64;
        self.start_chunk(chunk);
        self.group.taken += read;
        let (table, aggregate, out) = (&mut self.table, &self.aggregate, &mut self.out);
        let given_up = if self.group.way == Way::Passing {
            each(items, run, |_, item| aggregate.start(item).map(|partial| out.push(partial)))?
        } else {
            each(items, run, |_, item| table.add(aggregate, item))?
        };
        if chunk % GROUP_CHUNKS == GROUP_CHUNKS - 1 {
            self.table.take_all(&self.aggregate, &mut self.out);
        }
        run.counts.read += read;
        run.counts.passed += read - given_up;
        Ok(())
    }

    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure> {
        if !self.sorted {
            self.table.sort(&self.aggregate);
            self.sorted = true;
        }
        let before = self.out.len();
        self.table.take(run.cx.chunk_rows(), &mut self.out);
        Ok(self.out.len() > before)
    }

    fn take(&mut self, _: u32, chunk: &mut Chunk) {
        std::mem::swap(&mut *self.out, chunk.items_mut());
    }

    fn at_boundary(&self) -> bool {
        self.table.is_empty() && !self.sorted
    }

    fn save(&mut self, state: &mut Vec<u8>) -> Result<()> {
        let Group { number, taken, way } = self.group;
        state.extend_from_slice(&number.to_le_bytes());
        state.extend_from_slice(&taken.to_le_bytes());
        state.push(way as u8);
        Ok(())
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let group = state.split_first_chunk::<8>().and_then(|(number, rest)| {
            let (taken, rest) = rest.split_first_chunk::<8>()?;
            let way = *Way::ALL.get(usize::from(*rest.first()?))?;
            Some(Group { number: u64::from_le_bytes(*number), taken: u64::from_le_bytes(*taken), way })
        });
        self.group = group.ok_or_else(|| Error::fatal("restore a combining aggregate: its state is cut"))?;
        Ok(())
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.aggregate, params)
    }
}
