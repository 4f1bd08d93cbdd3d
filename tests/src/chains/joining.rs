//! The join of the test chains.

use std::collections::BTreeMap;

use dyeline::prelude::*;

use super::item::Item;

/// What a join knows of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Known {
    /// The values on the left, added up.
    value: i64,
    /// The weights on the left, added up.
    weight: u64,
    /// Whether an item on the right met them.
    met: bool,
}

impl Known {
    /// Takes an item on the left.
    pub(crate) fn take(&mut self, item: &Item) {
        self.value = self.value.wrapping_add(item.value);
        self.weight += item.weight;
    }

    /// What becomes of an item on the right.
    pub(crate) fn meet(&mut self, item: Item) -> Item {
        self.met = true;
        Item {
            value: item.value.wrapping_mul(31).wrapping_add(self.value),
            weight: item.weight + self.weight,
            ..item
        }
    }

    /// What becomes of what nothing met.
    pub(crate) fn alone(&self, key: u64) -> Option<Item> {
        (!self.met).then(|| Item { key, value: self.value, weight: self.weight, note: "alone".to_owned() })
    }
}

/// A full outer join by key: sums of the left put to each item of the right, and at the end those that met nothing
#[derive(Processor)]
#[processor(name = "t-join", inputs(left = Item, right = Item), output = Item)]
pub(crate) struct Join {
    #[state]
    known: BTreeMap<u64, Known>,
}

impl Process for Join {
    fn process(&mut self, item: JoinInput, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        match item {
            JoinInput::Left(item) => self.known.entry(item.key).or_default().take(&item),
            JoinInput::Right(item) => match self.known.get_mut(&item.key) {
                Some(known) => out.emit(known.meet(item)),
                None => out.emit(item),
            },
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        for (key, known) in &self.known {
            out.items().extend(known.alone(*key));
        }
        Ok(())
    }
}
