//! An aggregate whose shard is sorted by its key: a stream of results.

use std::cmp::Ordering;

use super::super::items::each;
use crate::{
    contract::{
        Aggregate, Chunk, Context, Error, Failure, ItemRun, ParamError, ParamMap, ProcessNode, Record,
        Result, roles::Stateful,
    },
    record::{decode_u64, encode_u64, ops::row_text},
};

/// Keeps the result of one key; emits it when the next key comes.
pub(super) struct Sorted<A: Aggregate> {
    aggregate: A,
    /// The key's name, for messages.
    key: String,
    current: Option<Current<A>>,
    out: Vec<A::Output>,
}

struct Current<A: Aggregate> {
    key: A::Key,
    result: A::Output,
    /// Where the key began.
    since: Since,
}

/// A place in the shard: the chunk's first source row, and the item in the chunk.
#[derive(Clone, Copy)]
struct Since {
    row: u64,
    index: u64,
}

impl<A: Aggregate> Sorted<A> {
    pub(super) fn new(aggregate: A, key: &str) -> Self {
        Self { aggregate, key: key.to_owned(), current: None, out: Vec::new() }
    }

    #[inline]
    fn take_item(&mut self, item: A::Input, at: Since) -> Result<()> {
        let key = self.aggregate.key(&item);
        if let Some(current) = &mut self.current {
            match key.cmp(&current.key) {
                Ordering::Equal => return self.aggregate.add(&mut current.result, item),
                Ordering::Less => return Err(backwards::<A>(&self.key, current, &item, at)),
                Ordering::Greater => {}
            }
        }
        let result = self.aggregate.start(item)?;
        if let Some(done) = self.current.replace(Current { key, result, since: at }) {
            self.out.push(done.result);
        }
        Ok(())
    }
}

#[cold]
fn backwards<A: Aggregate>(key: &str, current: &Current<A>, item: &A::Input, at: Since) -> Error {
    let Since { row, index } = current.since;
    Error::fatal(format!(
        "the input is not sorted by `{key}`: `{}` (item {} of the chunk at row {}) stands behind `{}` (first seen as \
         item {index} of the chunk at row {row}); sort the input, or take `sorted` out of the exchange",
        row_text(item),
        at.index,
        at.row,
        row_text(&current.result),
    ))
}

impl<A: Aggregate + Stateful> ProcessNode for Sorted<A> {
    fn open(&mut self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn chunk(&self, _: u32) -> Chunk {
        Chunk::new::<A::Output>(0)
    }

    fn process(&mut self, _: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let items = input.items_mut::<A::Input>();
        let read = items.len() as u64;
        let before = self.out.len();
        let row = run.row;
        let given_up =
            each(items, run, |index, item| self.take_item(item, Since { row, index: index as u64 }))?;
        run.counts.read += read;
        run.counts.passed += read - given_up;
        run.counts.emitted += (self.out.len() - before) as u64;
        Ok(())
    }

    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure> {
        let Some(last) = self.current.take() else { return Ok(false) };
        self.out.push(last.result);
        run.counts.emitted += 1;
        Ok(true)
    }

    fn take(&mut self, _: u32, chunk: &mut Chunk) {
        std::mem::swap(&mut self.out, chunk.items_mut());
    }

    fn save(&mut self, state: &mut Vec<u8>) -> Result<()> {
        state.push(u8::from(self.current.is_some()));
        if let Some(current) = &self.current {
            encode_u64(current.since.row, state);
            encode_u64(current.since.index, state);
            current.result.encode(state);
        }
        Ok(())
    }

    fn restore(&mut self, mut state: &[u8]) -> Result<()> {
        let bad = |e: &dyn std::fmt::Display| Error::fatal(format!("restore a sorted aggregate: {e}"));
        let (some, rest) = state.split_first().ok_or_else(|| bad(&"its state is cut"))?;
        self.current = None;
        if *some == 1 {
            state = rest;
            let row = decode_u64(&mut state).map_err(|e| bad(&e))?;
            let index = decode_u64(&mut state).map_err(|e| bad(&e))?;
            let result = A::Output::decode(&mut state).map_err(|e| bad(&e))?;
            let key = self.aggregate.key_of(&result);
            self.current = Some(Current { key, result, since: Since { row, index } });
        }
        Ok(())
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.aggregate, params)
    }
}
