//! What a user implements, one trait for each role. The types stand once, in the derive's attribute; the derive
//! writes the `*Types` half, the user the functions.
//!
//! ```text
//!   Split ──shards──▶ Load ──items──▶ Process ──items──▶ Reduce / Aggregate ──items──▶ Write
//! ```

use std::{hash::Hash, path::PathBuf};

use super::{Context, Emitter, Inputs, Ports, Record, Result};

/// The types of a splitter; written by `#[derive(Splitter)]`.
pub trait SplitTypes: Send + 'static {
    /// What describes one shard; it travels through the log, as JSON.
    type Shard: serde::Serialize + serde::de::DeserializeOwned + Send;
}

/// Partitions a job: parameters to shards. Runs once per job; its result is kept for every restart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `Splitter` but does not implement `Split`",
    note = "write `impl Split for {Self} {{ fn split(&mut self, cx: &Context) -> Result<Vec<…>> {{ … }} }}`"
)]
pub trait Split: SplitTypes {
    /// Finds the shards, in the order in which their results are read later.
    fn split(&mut self, cx: &Context) -> Result<Vec<Self::Shard>>;

    /// The files it reads, which must exist when a job starts and must not change while it is unfinished.
    fn inputs(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// The types of a loader; written by `#[derive(Loader)]`.
pub trait LoadTypes: Send + 'static {
    /// What describes the shard; the same as its splitter's.
    type Shard: serde::Serialize + serde::de::DeserializeOwned + Send;
    /// Where it stands in its shard; part of a checkpoint.
    type Cursor: serde::Serialize + serde::de::DeserializeOwned + Send;
    /// The items.
    type Output: Record;
}

/// Reads one shard as a stream of items, from a cursor that can be saved and resumed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `Loader` but does not implement `Load`",
    note = "write `impl Load for {Self} {{ fn open(…) … fn load(…) … fn cursor(&self) … }}`"
)]
pub trait Load: LoadTypes {
    /// Starts a shard, at its beginning or behind the last item a cursor stands for.
    fn open(&mut self, shard: Self::Shard, cursor: Option<Self::Cursor>, cx: &Context) -> Result<()>;

    /// Emits (or rejects) [`Emitter::room`] rows, fewer only at the end; `false` when the shard has no more.
    fn load(&mut self, out: &mut Emitter<Self::Output>, cx: &Context) -> Result<bool>;

    /// Where the stream stands now, between two calls of [`Load::load`].
    fn cursor(&self) -> Self::Cursor;

    /// The files it reads, see [`Split::inputs`].
    fn inputs(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// The types of a processor; written by `#[derive(Processor)]`.
pub trait ProcessTypes: Send + 'static {
    /// What it takes: a record, or the enum the derive made of several.
    type Input: Inputs;
    /// Where it puts what it makes: `Emitter<T>`, or the struct the derive made of several.
    type Out: Ports;
}

/// Turns one item into zero or more: the synchronous form, for computing.
///
/// # Joins
/// With `inputs(left = A, right = B)` in its attribute, the derive makes an enum with a variant for each input, and
/// `process` takes that:
///
/// ```
/// # extern crate dyeline_processors as dyeline;
/// use std::collections::BTreeMap;
///
/// use dyeline::prelude::*;
///
/// #[derive(Clone, Record)]
/// struct Holder { id: u64, country: String }
/// #[derive(Clone, Record)]
/// struct Position { user_id: u64, shares: Decimal<2> }
/// #[derive(Clone, Record)]
/// struct Placed { user_id: u64, shares: Decimal<2>, country: Option<String> }
///
/// /// Adds to each position where its holder lives.
/// #[derive(Processor)]
/// #[processor(name = "place", inputs(holders = Holder, positions = Position), output = Placed)]
/// struct Place {
///     #[state]
///     countries: BTreeMap<u64, String>,
/// }
///
/// impl Process for Place {
///     fn process(&mut self, item: PlaceInput, out: &mut Emitter<Placed>, _: &Context) -> Result<()> {
///         match item {
///             PlaceInput::Holders(holder) => {
///                 self.countries.insert(holder.id, holder.country);
///             }
///             PlaceInput::Positions(Position { user_id, shares }) => {
///                 let country = self.countries.get(&user_id).cloned();
///                 out.emit(Placed { user_id, shares, country });
///             }
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// Within a shard, the inputs are delivered one after the other, in the order of the attribute and whatever the order
/// in the chain file: all of `holders`, then all of `positions`. That also holds for an attempt that goes on from a
/// checkpoint. It goes on behind the items that the checkpoint covers and does not deliver them again, so what a join
/// knows of them has to be `#[state]`; if that is too much to write with each checkpoint, say `unsaved` in the
/// attribute, and the shard runs again whole. For both inputs to have the items of one key in the same shard, the
/// chain file says `exchange = { by = { holders = "id", positions = "user_id" }, shards = 16 }`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `Processor` but does not implement `Process`",
    note = "write `impl Process for {Self} {{ fn process(&mut self, item: …, out: &mut Emitter<…>, cx: &Context) -> Result<()> {{ … }} }}`"
)]
pub trait Process: ProcessTypes {
    /// Called once in every attempt, before the first item: read what all items need.
    fn open(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// Processes one item. What it emitted before an error is taken back.
    fn process(&mut self, item: Self::Input, out: &mut Self::Out, cx: &Context) -> Result<()>;

    /// The shard has no more items: emit what is left.
    fn finish(&mut self, out: &mut Self::Out, cx: &Context) -> Result<()> {
        let _ = (out, cx);
        Ok(())
    }
}

/// Turns one item into zero or more: the asynchronous form, for calling out. Items of a chunk run side by side; what
/// they emit keeps the order of the input.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives an async `Processor` but does not implement `AsyncProcess`",
    note = "write `impl AsyncProcess for {Self} {{ async fn process(&self, item: …, out: &mut Emitter<…>, cx: &Context) -> Result<()> {{ … }} }}`"
)]
pub trait AsyncProcess: ProcessTypes + Sync {
    /// Called once in every attempt, before the first item.
    fn open(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// Processes one item.
    fn process(
        &self,
        item: Self::Input,
        out: &mut Self::Out,
        cx: &Context,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Takes the items of many shards and gives a result at the end.
///
/// Without `#[state]` fields that a checkpoint can save, its shard runs again whole after a crash. If the operation
/// is associative and has a key, [`Aggregate`] is faster: it combines before items are moved.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `Reducer` but implements neither `Reduce` nor `Aggregate`",
    note = "write `impl Reduce for {Self} {{ fn reduce(…) … fn finish(…) … }}`, or say `aggregate` in the attribute and implement `Aggregate`"
)]
pub trait Reduce: ProcessTypes {
    /// Called once in every attempt, before the first item.
    fn open(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// Takes one item.
    fn reduce(&mut self, item: Self::Input, cx: &Context) -> Result<()>;

    /// All items were taken: emit the result.
    fn finish(&mut self, out: &mut Self::Out, cx: &Context) -> Result<()>;
}

/// The types of an aggregate; written by `#[derive(Reducer)]` with `aggregate` in its attribute.
pub trait AggregateTypes: Send + 'static {
    /// What it takes.
    type Input: Record;
    /// What it keeps for each key, and emits; partial results travel as this too.
    type Output: Record;
}

/// An associative aggregation by key: one output for each key, emitted in the order of the keys.
///
/// `add` and `merge` must not depend on the order of items: a sum of decimals or integers, a count, a least or
/// greatest. A sum of `f64` does depend on it; use a decimal, or an exact accumulator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives a `Reducer` that is an aggregate but does not implement `Aggregate`",
    note = "write `impl Aggregate for {Self} {{ type Key = …; fn key(…) … fn key_of(…) … fn start(…) … fn add(…) … fn merge(…) … }}`"
)]
pub trait Aggregate: AggregateTypes {
    /// What items are grouped by.
    type Key: Ord + Hash + Clone + Send + 'static;

    /// The key of an item.
    fn key(&self, item: &Self::Input) -> Self::Key;
    /// The key of a result.
    fn key_of(&self, result: &Self::Output) -> Self::Key;
    /// The result of one item alone.
    fn start(&self, item: Self::Input) -> Result<Self::Output>;
    /// Adds an item to the result of its key.
    fn add(&self, result: &mut Self::Output, item: Self::Input) -> Result<()>;
    /// Adds a partial result to another of the same key.
    fn merge(&self, result: &mut Self::Output, other: Self::Output) -> Result<()>;
}

/// The types of a sink; written by `#[derive(Sink)]`.
pub trait WriteTypes: Send + 'static {
    /// What it takes.
    type Input: Record;
}

/// Sends chunks to the outside.
///
/// A chunk can arrive again after a crash; the sink is idempotent by [`Context::job`], [`Context::node`],
/// [`Context::shard`] and the first row's number, which are the same each time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` derives `Sink` but does not implement `Write`",
    note = "write `impl Write for {Self} {{ fn write(&mut self, items: &[…], first_row: u64, cx: &Context) -> Result<()> {{ … }} }}`"
)]
pub trait Write: WriteTypes {
    /// Called once in every attempt, before the first chunk.
    fn open(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }

    /// Writes a chunk; `first_row` is the number, in the shard, of the source row the chunk began with.
    fn write(&mut self, items: &[Self::Input], first_row: u64, cx: &Context) -> Result<()>;

    /// A checkpoint follows: what was written must be durable when this returns.
    fn flush(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }
}

/// Saves and restores the `#[state]` fields; written by the derives.
pub trait Stateful {
    /// Whether there is any state.
    const HAS_STATE: bool;
    /// Appends the state.
    fn save(&self, out: &mut Vec<u8>) -> Result<()>;
    /// Takes back what [`Stateful::save`] wrote.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
    /// Takes over changed values of `#[param(live)]` fields.
    fn set_live(&mut self, params: &super::ParamMap) -> Result<(), Vec<(String, super::ParamError)>>;
}
