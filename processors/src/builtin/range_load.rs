//! `range-load`: the numbers of a range as items.

use std::path::PathBuf;

use dyeline_derive::Record;

use super::{
    params::{ParamReader, param},
    shards::NumberRange,
};
use crate::contract::{
    BuildArgs, Chunk, Context, Error, Failure, ItemRun, LoadNode, Node, ParamError, ParamMap, ParamType,
    PortRecord, PortType, ProcessorType, RecordType, Result, Role, StateKind, error::ResultExt,
    registry::BuildError,
};

/// A number of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Record)]
#[record(name = "Number")]
pub struct Number {
    /// The number.
    pub value: i64,
}

fn number_type() -> RecordType {
    RecordType::of::<Number>()
}

inventory::submit! {
    ProcessorType {
        name: "range-load",
        role: Role::Loader,
        doc: "Makes an item of every number of a range: of `range-split`'s shards, or `from` up to, but without, `to`.",
        params,
        inputs: &[],
        outputs: &[PortType { name: "out", record: PortRecord::Typed(number_type) }],
        shard: Some("NumberRange"),
        state: StateKind::None,
        combines: false,
        asynchronous: false,
        build,
        defined_at: concat!(file!(), ":", line!()),
    }
}

fn params() -> Vec<ParamType> {
    vec![
        param::<i64>("from", Some("0"), "Without a splitter: the first number."),
        param::<Option<i64>>("to", None, "Without a splitter: behind the last number."),
    ]
}

fn build(args: &BuildArgs<'_>) -> Result<Node, Vec<BuildError>> {
    let mut read = ParamReader::new(args);
    let from = read.or("from", 0);
    let to: Option<i64> = read.or("to", None);
    if let Some(to) = to.filter(|to| *to < from) {
        read.mistake("to", format!("{to} is before {from}, where the range begins"));
    }
    let load = RangeLoad { alone: to.map(|to| NumberRange { from, to }), next: 0, to: 0, chunk_rows: 1 };
    read.finish(Some(Node::Load(Box::new(load))))
}

struct RangeLoad {
    /// What to load without a splitter.
    alone: Option<NumberRange>,
    next: i64,
    to: i64,
    chunk_rows: usize,
}

impl LoadNode for RangeLoad {
    fn inputs(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn open(&mut self, shard: Option<&[u8]>, cursor: Option<&[u8]>, cx: &Context) -> Result<()> {
        let range = match (shard, self.alone) {
            (Some(shard), _) => serde_json::from_slice(shard).context("read the shard of a range")?,
            (None, Some(range)) => range,
            (None, None) => {
                return Err(Error::fatal(
                    "load a range: neither a splitter stands before it nor is `to` given",
                ));
            }
        };
        let NumberRange { from, to } = range;
        self.next = match cursor {
            Some(cursor) => serde_json::from_slice(cursor).context("read the cursor of a range")?,
            None => from,
        };
        if !(from..=to).contains(&self.next) {
            return Err(Error::fatal(format!("resume a range: {} is not in {from}..{to}", self.next)));
        }
        (self.to, self.chunk_rows) = (to, cx.chunk_rows().max(1));
        Ok(())
    }

    fn chunk(&self) -> Chunk {
        Chunk::new::<Number>(self.chunk_rows)
    }

    fn load(&mut self, out: &mut Chunk, run: &mut ItemRun) -> Result<bool, Failure> {
        out.clear();
        let count = self.to.abs_diff(self.next).min(self.chunk_rows as u64);
        let end = self.next.saturating_add_unsigned(count);
        out.items_mut().extend((self.next..end).map(|value| Number { value }));
        self.next = end;
        run.counts.read += count;
        run.counts.passed += count;
        run.counts.emitted += count;
        Ok(self.next < self.to)
    }

    fn save(&mut self, cursor: &mut Vec<u8>) -> Result<()> {
        cursor.extend(serde_json::to_vec(&self.next)?);
        Ok(())
    }

    fn set_live(&mut self, _params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Ok(())
    }
}
