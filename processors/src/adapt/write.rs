//! The adapter of [`Write`].

use super::items::caught;
use crate::contract::{
    BuildArgs, Chunk, Closed, Context, Failure, ItemRun, Node, ParamError, ParamMap, Result, SinkNode, Write,
    roles::Stateful,
};

/// A node of a sink.
pub fn write<W: Write + Stateful>(sink: W, _: &BuildArgs<'_>) -> Node {
    Node::Sink(Box::new(Adapter(sink)))
}

struct Adapter<W>(W);

impl<W: Write + Stateful> SinkNode for Adapter<W> {
    fn prepare(&mut self, _: &Context) -> Result<()> {
        Ok(())
    }

    fn open(&mut self, _: &[&[u8]], cx: &Context) -> Result<()> {
        caught(|| None, || self.0.open(cx).map_err(Into::into)).map_err(|f| f.error)
    }

    fn write(&mut self, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let items = input.items_mut::<W::Input>();
        let (sink, row) = (&mut self.0, run.row);
        let cx = run.cx.clone();
        caught(|| None, || sink.write(items, row, &cx).map_err(Failure::from))?;
        run.counts.read += items.len() as u64;
        run.counts.passed += items.len() as u64;
        items.clear();
        Ok(())
    }

    /// What a sink of one's own writes is outside at once: there is no part to publish later.
    fn close(&mut self, cx: &Context) -> Result<Option<Closed>> {
        caught(|| None, || self.0.flush(cx).map_err(Into::into)).map_err(|f| f.error)?;
        Ok(None)
    }

    fn publish(&mut self, _: &[&[u8]], _: &Context) -> Result<Option<String>> {
        Ok(None)
    }

    fn discard(&mut self, _: &[&[u8]], _: &Context) -> Result<()> {
        Ok(())
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.0, params)
    }
}
