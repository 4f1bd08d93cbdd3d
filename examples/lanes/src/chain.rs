//! The chain's own processor, which asks the facade for the value of each item.

use dyeline::{builtin::Number, prelude::*};

use crate::wire::{Ask, Origin, ask};

/// An item and its value.
#[derive(Clone, Debug, Record)]
pub(crate) struct Valued {
    item: i64,
    value: i64,
}

/// Asks the facade for the value of each item
#[derive(Processor)]
#[processor(name = "ask-value", input = Number, output = Valued, async)]
pub(crate) struct AskValue {}

impl AsyncProcess for AskValue {
    async fn process(&self, number: Number, out: &mut Emitter<Valued>, cx: &Context) -> Result<()> {
        let item = number.value;
        let origin = if cx.version() == Some("2") { Origin::Next } else { Origin::Chain };
        let value = ask(&cx.http(), "facade", Ask { origin, item }).await?;
        out.emit(Valued { item, value });
        Ok(())
    }
}
