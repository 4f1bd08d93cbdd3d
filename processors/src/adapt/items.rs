//! The loop over the items of a chunk: what happens when one fails or panics.

use std::{
    any::Any,
    cell::Cell,
    mem::needs_drop,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    contract::{Chunk, Error, Failure, Inputs, ItemPlace, ItemRun, Record, Result, inputs::Taker},
    record::ops::row_text,
};

/// How many items of a chunk were read, and how many of them given up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) read: u64,
    pub(crate) given_up: u64,
}

/// Calls `work` with each item that arrived at a port, as [`each`] does.
pub(crate) fn each_arrived<I: Inputs>(
    port: u32,
    chunk: &mut Chunk,
    run: &mut ItemRun,
    work: impl FnMut(I) -> Result<()>,
) -> Result<Taken, Failure> {
    I::arrive(port as usize, chunk, Loop { run, work })
}

struct Loop<'a, F> {
    run: &'a mut ItemRun,
    work: F,
}

impl<I, F: FnMut(I) -> Result<()>> Taker<I> for Loop<'_, F> {
    type Taken = Result<Taken, Failure>;

    #[inline]
    fn take<R: Record>(mut self, items: &mut Vec<R>, item: impl Fn(R) -> I + Copy) -> Self::Taken {
        let read = items.len() as u64;
        let given_up = each(items, self.run, |_, row| (self.work)(item(row)))?;
        Ok(Taken { read, given_up })
    }
}

/// Calls `work` with each item and its place in the chunk, and returns how many items were given up.
///
/// What `work` did for an item before an error it has taken back itself. Panics are caught once for the whole chunk,
/// so that an item that does not panic pays one store.
pub(crate) fn each<T: Record>(
    items: &mut Vec<T>,
    run: &mut ItemRun,
    mut work: impl FnMut(usize, T) -> Result<()>,
) -> Result<u64, Failure> {
    let keeps = run.keeps_items();
    let careful = keeps || run.any_exhausted();
    let at = Cell::new(0);
    let (row, node) = (run.row, run.node);
    let place = || Some(ItemPlace { row, node, index: at.get() as u32 });
    let mut given_up = 0;
    // `work` is called in one place, so that the compiler puts the user's code into this loop.
    let mut one = |index: usize, item: T| -> Result<(), Failure> {
        at.set(index);
        let mut kept = None;
        if careful {
            if run.exhausted(index).is_some() {
                given_up += 1;
                return run.give_up_exhausted(index, || row_text(&item));
            }
            kept = keeps.then(|| item.clone());
        }
        if let Err(error) = work(index, item) {
            given_up += 1;
            run.item_failed(index, error, || kept.as_ref().map(row_text).unwrap_or_default())?;
        }
        Ok(())
    };
    caught(place, || {
        if needs_drop::<T>() {
            items.drain(..).enumerate().try_for_each(|(index, item)| one(index, item))
        } else {
            // A plain copy from the chunk to where it is used: moving out of a `Drain` goes over the stack twice.
            let done = items.iter().enumerate().try_for_each(|(index, item)| one(index, item.clone()));
            items.clear();
            done
        }
    })?;
    Ok(given_up)
}

/// Turns a panic into a failed attempt.
pub(crate) fn caught<T>(
    place: impl FnOnce() -> Option<ItemPlace>,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    // What a panic leaves half done dies with the attempt.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let error = Error::retryable(format!("the processor panicked: {}", panic_text(payload.as_ref())));
        Err(Failure { error, panicked: true, place: place() })
    })
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}
