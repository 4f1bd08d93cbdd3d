//! The adapter of [`AsyncProcess`].

use std::{cell::Cell, future::poll_fn, pin::pin};

use futures_util::{StreamExt, stream};

use super::items::{Taken, caught};
use crate::{
    contract::{
        AsyncProcess, BuildArgs, Chunk, Context, Error, Failure, Inputs, ItemPlace, ItemRun, Node,
        ParamError, ParamMap, Ports, ProcessNode, Record, Result, inputs::Taker, roles::Stateful,
    },
    record::ops::row_text,
};

/// Items in flight where the chain does not say.
const DEFAULT_CONCURRENCY: u32 = 64;

/// A node of an asynchronous processor.
pub fn process_async<P: AsyncProcess + Stateful>(processor: P, args: &BuildArgs<'_>) -> Node {
    let concurrency = args.concurrency.unwrap_or(DEFAULT_CONCURRENCY).max(1) as usize;
    Node::Process(Box::new(Adapter { processor, out: P::Out::default(), concurrency }))
}

struct Adapter<P: AsyncProcess> {
    processor: P,
    out: P::Out,
    concurrency: usize,
}

/// What became of one item.
struct Outcome<P: AsyncProcess, R> {
    index: usize,
    /// The item, if it may have to be shown.
    kept: Option<R>,
    made: P::Out,
    /// `None`: it used up its retries before.
    result: Option<Result<()>>,
}

impl<P: AsyncProcess> Adapter<P> {
    /// Runs the items of a chunk side by side, takes what they make in their order, and returns how many led to
    /// nothing and how many were given up. After a failure the others are dropped where they stand.
    async fn run<R: Record>(
        &mut self,
        items: &mut Vec<R>,
        item: impl Fn(R) -> P::Input + Copy,
        run: &mut ItemRun,
        at: &Cell<usize>,
    ) -> Result<(u64, u64), Failure> {
        let (cx, keeps) = (run.cx.clone(), run.keeps_items());
        let any_exhausted = run.any_exhausted();
        let exhausted: Vec<usize> =
            (0..items.len()).filter(|i| any_exhausted && run.exhausted(*i).is_some()).collect();
        let processor = &self.processor;
        let start = |(index, row): (usize, R)| {
            let tried = exhausted.binary_search(&index).is_err();
            let kept = (keeps || !tried).then(|| row.clone());
            one(processor, index, tried.then(|| item(row)), kept, &cx, at)
        };
        let mut outcomes = stream::iter(items.drain(..).enumerate().map(start)).buffered(self.concurrency);
        let (mut filtered, mut given_up) = (0, 0);
        while let Some(Outcome { index, kept, mut made, result }) = outcomes.next().await {
            let text = || kept.as_ref().map(row_text).unwrap_or_default();
            match result {
                Some(Ok(())) => {
                    filtered += u64::from(made.emitted() == 0);
                    self.out.append(&mut made);
                }
                Some(Err(error)) => {
                    run.item_failed(index, error, text)?;
                    given_up += 1;
                }
                None => {
                    run.give_up_exhausted(index, text)?;
                    given_up += 1;
                }
            }
        }
        Ok((filtered, given_up))
    }
}

/// Runs one item, if it is to be tried.
async fn one<P: AsyncProcess, R>(
    processor: &P,
    index: usize,
    item: Option<P::Input>,
    kept: Option<R>,
    cx: &Context,
    at: &Cell<usize>,
) -> Outcome<P, R> {
    let mut made = P::Out::default();
    let result = if let Some(item) = item {
        let mut future = pin!(processor.process(item, &mut made, cx));
        // A panic is at the item that was polled last.
        let watched = poll_fn(|waker| {
            at.set(index);
            future.as_mut().poll(waker)
        });
        Some(watched.await)
    } else {
        None
    };
    Outcome { index, kept, made, result }
}

/// Runs the items of one chunk to their end.
struct Calls<'a, P: AsyncProcess> {
    adapter: &'a mut Adapter<P>,
    run: &'a mut ItemRun,
}

impl<P: AsyncProcess> Taker<P::Input> for Calls<'_, P> {
    /// What was taken, and how many items led to nothing.
    type Taken = Result<(Taken, u64), Failure>;

    fn take<R: Record>(self, items: &mut Vec<R>, item: impl Fn(R) -> P::Input + Copy) -> Self::Taken {
        let Self { adapter, run } = self;
        let read = items.len() as u64;
        let futures = run.cx.futures().cloned();
        let futures = futures
            .ok_or_else(|| Error::fatal("run an asynchronous processor: the worker has no runtime"))?;
        let at = Cell::new(0);
        let (row, node) = (run.row, run.node);
        let place = || Some(ItemPlace { row, node, index: at.get() as u32 });
        let (filtered, given_up) = caught(place, || {
            let mut ended = None;
            futures.block_on(pin!(async {
                ended = Some(adapter.run(items, item, run, &at).await);
            }));
            // A worker that stops an attempt leaves the future where it is.
            ended.unwrap_or_else(|| Err(Error::retryable("stopped while calls were under way").into()))
        })?;
        Ok((Taken { read, given_up }, filtered))
    }
}

impl<P: AsyncProcess + Stateful> ProcessNode for Adapter<P> {
    fn open(&mut self, cx: &Context) -> Result<()> {
        self.processor.open(cx)
    }

    fn chunk(&self, port: u32) -> Chunk {
        P::Out::chunk(port as usize)
    }

    fn process(&mut self, port: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let before = self.out.emitted();
        let calls = Calls { adapter: self, run };
        let (Taken { read, given_up }, filtered) = P::Input::arrive(port as usize, input, calls)?;
        let filtered = if P::HAS_STATE { 0 } else { filtered };
        run.counts.read += read;
        run.counts.filtered += filtered;
        run.counts.passed += read - given_up - filtered;
        run.counts.emitted += (self.out.emitted() - before) as u64;
        Ok(())
    }

    fn finish(&mut self, _: &mut ItemRun) -> Result<bool, Failure> {
        Ok(false)
    }

    fn take(&mut self, port: u32, chunk: &mut Chunk) {
        self.out.swap(port as usize, chunk);
    }

    fn save(&mut self, state: &mut Vec<u8>) -> Result<()> {
        Stateful::save(&self.processor, state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        Stateful::restore(&mut self.processor, state)
    }

    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>> {
        Stateful::set_live(&mut self.processor, params)
    }
}
