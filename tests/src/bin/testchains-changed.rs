//! Dyeline's commands as if the program had been built again after its record changed.

use dyeline::prelude::*;

/// A record of the name that the test chains use, with a column less.
#[derive(Clone, Debug, Record)]
#[record(name = "TestItem")]
struct Item {
    key: u64,
    value: i64,
    weight: u64,
}

/// Passes items on
#[derive(Processor)]
#[processor(name = "t-map", input = Item, output = Item)]
struct Map {
    /// What the value is multiplied by
    #[param]
    factor: i64,
}

impl Process for Map {
    fn process(&mut self, item: Item, out: &mut Emitter<Item>, _: &Context) -> Result<()> {
        out.emit(Item { value: item.value.wrapping_mul(self.factor), ..item });
        Ok(())
    }
}

fn main() -> std::process::ExitCode {
    dyeline::main()
}
