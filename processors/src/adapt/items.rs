//! The loop over the items of a chunk: what happens when one fails or panics.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    contract::{Error, Failure, ItemPlace, ItemRun, Record, Result},
    record::ops::row_text,
};

/// Calls `work` with each item and its place in the chunk, and returns how many items were given up.
///
/// What `work` did for an item before an error it has taken back itself. Panics are caught once for the whole chunk,
/// so that an item that does not panic pays one store.
pub(crate) fn each<T: Record>(
    items: &mut Vec<T>,
    run: &mut ItemRun,
    mut work: impl FnMut(usize, T) -> Result<()>,
) -> Result<u64, Failure> {
    let careful = run.keeps_items() || run.any_exhausted();
    let at = Cell::new(0);
    let (row, node) = (run.row, run.node);
    let place = || Some(ItemPlace { row, node, index: at.get() as u32 });
    caught(place, || {
        if careful {
            each_careful(items, run, &at, work)
        } else {
            let mut given_up = 0;
            for (index, item) in items.drain(..).enumerate() {
                at.set(index);
                if let Err(error) = work(index, item) {
                    run.item_failed(index, error, String::new)?;
                    given_up += 1;
                }
            }
            Ok(given_up)
        }
    })
}

/// The same, where items that fail are kept, or some must be given up unseen.
fn each_careful<T: Record>(
    items: &mut Vec<T>,
    run: &mut ItemRun,
    at: &Cell<usize>,
    mut work: impl FnMut(usize, T) -> Result<()>,
) -> Result<u64, Failure> {
    let mut given_up = 0;
    for (index, item) in items.drain(..).enumerate() {
        at.set(index);
        if run.exhausted(index).is_some() {
            run.give_up_exhausted(index, || row_text(&item))?;
            given_up += 1;
            continue;
        }
        let kept = run.keeps_items().then(|| item.clone());
        if let Err(error) = work(index, item) {
            run.item_failed(index, error, || kept.as_ref().map(row_text).unwrap_or_default())?;
            given_up += 1;
        }
    }
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
