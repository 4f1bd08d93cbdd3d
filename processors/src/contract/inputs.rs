//! Where the items of a processor come from: one port, or several.

use super::{Chunk, Record};

/// What a processor takes: a [`Record`], or an enum of records that the derive made for `inputs(left = A, right = B)`,
/// with a variant for each port.
///
/// The port of a chunk is looked at once. What loops over its items is compiled for the record of that port.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "items that move between processors are records",
    note = "add `#[derive(Clone, Record)]` to the struct"
)]
pub trait Inputs: Send + Sized + 'static {
    /// How many ports there are.
    const COUNT: usize;

    /// Gives the items that arrived at a port to `taker`.
    fn arrive<T: Taker<Self>>(port: usize, chunk: &mut Chunk, taker: T) -> T::Taken;
}

/// Takes the items of one chunk, which all arrived at the same port.
pub trait Taker<I> {
    /// What it says about them.
    type Taken;

    /// Takes the items; `item` makes of one what the processor is given.
    fn take<R: Record>(self, items: &mut Vec<R>, item: impl Fn(R) -> I + Copy) -> Self::Taken;
}

// So that the message above is shown, and not which trait stands behind it.
#[diagnostic::do_not_recommend]
impl<R: Record> Inputs for R {
    const COUNT: usize = 1;

    #[inline]
    fn arrive<T: Taker<Self>>(_port: usize, chunk: &mut Chunk, taker: T) -> T::Taken {
        taker.take(chunk.items_mut::<R>(), |item| item)
    }
}
