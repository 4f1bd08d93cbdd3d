//! Processors of the test chains that do not fail: one to one, one to none, one to many, two ways, with a state, async.

use std::{future::poll_fn, task::Poll, time::Duration};

use dyeline::prelude::*;

use super::item::Item;

/// Computes with the value
#[derive(Processor)]
#[processor(name = "t-map", input = Item, output = Item)]
pub(crate) struct Map {
    /// What the value is multiplied by
    #[param]
    factor: i64,
}

impl Process for Map {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        out.emit(item.mapped(self.factor));
        Ok(())
    }
}

/// Keeps items whose key leaves no remainder
#[derive(Processor)]
#[processor(name = "t-filter", input = Item, output = Item)]
pub(crate) struct Filter {
    /// The divisor
    #[param]
    modulus: u64,
}

impl Process for Filter {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        if !item.key.is_multiple_of(self.modulus) {
            out.emit(item);
        }
        Ok(())
    }
}

/// Makes several of each, or none
#[derive(Processor)]
#[processor(name = "t-expand", input = Item, output = Item)]
pub(crate) struct Expand {
    /// The most that one becomes
    #[param]
    most: u64,
}

impl Process for Expand {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        for number in 0..item.copies(self.most) {
            out.emit(item.copy(number));
        }
        Ok(())
    }
}

/// Parts items by their value
#[derive(Processor)]
#[processor(name = "t-branch", input = Item, outputs(even = Item, odd = Item))]
pub(crate) struct Branch {}

impl Process for Branch {
    fn process(&mut self, item: Item, out: &mut BranchOutputs, _: &Context) -> Result<()> {
        if item.value % 2 == 0 {
            out.even.emit(item);
        } else {
            out.odd.emit(item);
        }
        Ok(())
    }
}

/// Replaces the value by the sum so far, in the order of the shard
#[derive(Processor)]
#[processor(name = "t-running", input = Item, output = Item)]
pub(crate) struct Running {
    #[state]
    total: i64,
}

impl Process for Running {
    fn process(&mut self, mut item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        self.total = self.total.wrapping_add(item.value);
        item.value = self.total;
        out.emit(item);
        Ok(())
    }
}

/// Computes with the value, later
#[derive(Processor)]
#[processor(name = "t-call", input = Item, output = Item, async)]
pub(crate) struct Call {
    /// What the value is multiplied by
    #[param]
    factor: i64,
}

impl AsyncProcess for Call {
    async fn process(&self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        // Items overtake each other: some come back twice before they are done.
        let mut turns = item.draw(3) % 3;
        poll_fn(|cx| {
            if turns == 0 {
                return Poll::Ready(());
            }
            turns -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        out.emit(item.mapped(self.factor));
        Ok(())
    }
}

/// Passes items on, no faster than it may
#[derive(Processor)]
#[processor(name = "t-slow", input = Item, output = Item)]
pub(crate) struct Slow {
    /// Items a second
    #[param(live)]
    per_second: u64,
    due: u64,
}

impl Process for Slow {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        self.due += 1;
        // In steps of a millisecond or more, since shorter waits take as long.
        let wait = Duration::from_secs(1) * u32::try_from(self.due).unwrap_or(u32::MAX)
            / u32::try_from(self.per_second.max(1)).unwrap_or(u32::MAX);
        if wait >= Duration::from_millis(1) {
            std::thread::sleep(wait);
            self.due = 0;
        }
        out.emit(item);
        Ok(())
    }
}
