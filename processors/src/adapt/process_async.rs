//! The adapter of [`AsyncProcess`].

use std::{cell::Cell, future::poll_fn, pin::pin};

use futures_util::{StreamExt, stream};

use super::items::caught;
use crate::{
    contract::{
        AsyncProcess, BuildArgs, Chunk, Context, Error, Failure, ItemPlace, ItemRun, Node, ParamError,
        ParamMap, Ports, ProcessNode, Result, roles::Stateful,
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
struct Outcome<P: AsyncProcess> {
    index: usize,
    /// The item, if it may have to be shown.
    kept: Option<P::Input>,
    made: P::Out,
    /// `None`: it used up its retries before.
    result: Option<Result<()>>,
}

impl<P: AsyncProcess> Adapter<P> {
    /// Runs the items of a chunk side by side, takes what they make in their order, and returns how many led to
    /// nothing and how many were given up. After a failure the others are dropped where they stand.
    async fn run(
        &mut self,
        items: &mut Vec<P::Input>,
        run: &mut ItemRun,
        at: &Cell<usize>,
    ) -> Result<(u64, u64), Failure> {
        let (cx, keeps) = (run.cx.clone(), run.keeps_items());
        let any_exhausted = run.any_exhausted();
        let exhausted: Vec<usize> =
            (0..items.len()).filter(|i| any_exhausted && run.exhausted(*i).is_some()).collect();
        let processor = &self.processor;
        let start = |(index, item): (usize, P::Input)| {
            let tried = exhausted.binary_search(&index).is_err();
            one(processor, index, item, keeps, tried, &cx, at)
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

async fn one<P: AsyncProcess>(
    processor: &P,
    index: usize,
    item: P::Input,
    keeps: bool,
    tried: bool,
    cx: &Context,
    at: &Cell<usize>,
) -> Outcome<P> {
    let kept = (keeps || !tried).then(|| item.clone());
    let mut made = P::Out::default();
    let result = if tried {
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

impl<P: AsyncProcess + Stateful> ProcessNode for Adapter<P> {
    fn open(&mut self, cx: &Context) -> Result<()> {
        self.processor.open(cx)
    }

    fn chunk(&self, port: u32) -> Chunk {
        P::Out::chunk(port as usize)
    }

    fn process(&mut self, _: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure> {
        let items = input.items_mut::<P::Input>();
        let read = items.len() as u64;
        let before = self.out.emitted();
        let futures = run.cx.futures().cloned();
        let futures = futures
            .ok_or_else(|| Error::fatal("run an asynchronous processor: the worker has no runtime"))?;
        let at = Cell::new(0);
        let (row, node) = (run.row, run.node);
        let place = || Some(ItemPlace { row, node, index: at.get() as u32 });
        let (filtered, given_up) = caught(place, || {
            let mut ended = None;
            futures.block_on(pin!(async {
                ended = Some(self.run(items, run, &at).await);
            }));
            // A worker that stops an attempt leaves the future where it is.
            ended.unwrap_or_else(|| Err(Error::retryable("stopped while calls were under way").into()))
        })?;
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
