//! The chain's own processor, which asks the facade for the value of each item.

use std::path::PathBuf;

use dyeline::{builtin::Number, prelude::*};
use dyeline_router::rules::Rules;

use crate::{
    service::process,
    wire::{Ask, Clients, Origin},
};

/// An item and its value.
#[derive(Clone, Debug, Record)]
pub(crate) struct Valued {
    item: i64,
    value: i64,
}

/// Asks the facade for the value of each item
#[derive(Processor)]
#[processor(name = "ask-value", input = Number, output = Valued, async)]
pub(crate) struct AskValue {
    /// Where calls go
    #[param]
    rules: PathBuf,
    clients: Option<(Clients, Origin)>,
}

impl AsyncProcess for AskValue {
    fn open(&mut self, cx: &Context) -> Result<()> {
        let rules = Rules::load(&self.rules).map_err(|mistakes| Error::fatal(mistakes.to_string()))?;
        let iteration = cx.version().map_or(cx.chain().to_owned(), |v| format!("{}@{v}", cx.chain()));
        let process = process(cx.chain(), rules.workers(&iteration), &self.rules)
            .map_err(|failure| Error::fatal(failure.to_string()))?;
        let origin = if cx.version() == Some("2") { Origin::Next } else { Origin::Chain };
        self.clients = Some((Clients::new(&process), origin));
        Ok(())
    }

    async fn process(&self, number: Number, out: &mut Emitter<Valued>, _: &Context) -> Result<()> {
        let (clients, origin) =
            self.clients.as_ref().ok_or_else(|| Error::fatal("the node was not opened"))?;
        let item = number.value;
        match clients.ask("facade", Ask { origin: *origin, item }).await {
            Ok(value) => {
                out.emit(Valued { item, value });
                Ok(())
            }
            Err(refused) if refused.retryable => Err(Error::retryable(refused.why)),
            Err(refused) => Err(Error::fatal(refused.why)),
        }
    }
}
