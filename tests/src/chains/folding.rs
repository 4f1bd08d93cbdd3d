//! Reducers of the test chains: an aggregate, and folds whose result tells the order of the items.

use dyeline::prelude::*;

use super::item::Item;

/// Adds up the items of each key
#[derive(Reducer)]
#[reducer(name = "t-sum", input = Item, output = Item, aggregate)]
pub(crate) struct Sum {}

impl Aggregate for Sum {
    type Key = u64;

    fn key(&self, item: &Item) -> u64 {
        item.key
    }

    fn key_of(&self, result: &Item) -> u64 {
        result.key
    }

    fn start(&self, item: Item) -> Result<Item> {
        Ok(item)
    }

    fn add(&self, result: &mut Item, item: Item) -> Result<()> {
        result.merge(item);
        Ok(())
    }

    fn merge(&self, result: &mut Item, other: Item) -> Result<()> {
        result.merge(other);
        Ok(())
    }
}

/// Folds all items of a shard into one; what it knows cannot be saved
#[derive(Reducer)]
#[reducer(name = "t-fold", input = Item, output = Item)]
pub(crate) struct Fold {
    folded: Option<Item>,
}

impl Reduce for Fold {
    fn reduce(&mut self, item: Item, _: &Context) -> Result<()> {
        self.folded.get_or_insert_with(Item::nothing).fold(&item);
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        out.emit(self.folded.take().unwrap_or_else(Item::nothing));
        Ok(())
    }
}

/// Folds all items of a shard into one; what it knows is saved
#[derive(Reducer)]
#[reducer(name = "t-fold-saved", input = Item, output = Item)]
pub(crate) struct FoldSaved {
    #[state]
    value: i64,
    #[state]
    weight: u64,
}

impl Reduce for FoldSaved {
    fn reduce(&mut self, item: Item, _: &Context) -> Result<()> {
        let mut so_far = Item { value: self.value, weight: self.weight, ..Item::nothing() };
        so_far.fold(&item);
        (self.value, self.weight) = (so_far.value, so_far.weight);
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        out.emit(Item { value: self.value, weight: self.weight, ..Item::nothing() });
        Ok(())
    }
}
