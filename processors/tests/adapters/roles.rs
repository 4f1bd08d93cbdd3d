//! Splitters, loaders, asynchronous processors, reducers and sinks.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context as Waiting, Poll, Waker},
};

use dyeline::{
    contract::{
        Chunk, ItemRun, LoadNode, Node, NodeCounts, StateKind, Stop,
        context::{BlockOn, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    prelude::*,
};

use crate::shared::{CHUNK, Sale, attempt, build, process_node, sale, skipping, stopped_attempt};

#[derive(Splitter)]
#[splitter(name = "tens", shard = u32)]
struct Tens {
    #[param(default = 3)]
    count: u32,
}

impl Split for Tens {
    fn split(&mut self, _: &Context) -> Result<Vec<u32>> {
        Ok((0..self.count).map(|i| i * 10).collect())
    }
}

/// Emits ten sales a shard, three at a time, the seventh of which is bad.
#[derive(Loader)]
#[loader(name = "ten", shard = u32, cursor = u32, output = Sale)]
struct Ten {
    at: u32,
    end: u32,
}

impl Load for Ten {
    fn open(&mut self, shard: u32, cursor: Option<u32>, _: &Context) -> Result<()> {
        (self.at, self.end) = (cursor.unwrap_or(shard), shard + 10);
        Ok(())
    }

    fn load(&mut self, out: &mut Emitter<Sale>, _: &Context) -> Result<bool> {
        for _ in 0..out.room().min(3) {
            match self.at % 10 {
                6 => out.reject(Error::skip("a bad row"), format!("row {}", self.at)),
                _ => out.emit(sale(self.at, 1)),
            }
            self.at += 1;
            out.count_bytes(8);
            if self.at == self.end {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn cursor(&self) -> u32 {
        self.at
    }
}

fn load_node() -> Box<dyn LoadNode> {
    match build("ten", |_| ()) {
        Node::Load(node) => node,
        _ => panic!("a loader"),
    }
}

#[test]
fn a_splitter_and_a_loader_with_a_cursor() {
    let Node::Split(mut splitter) = build("tens", |_| ()) else { panic!("a splitter") };
    let shards = splitter.split(&attempt(None)).unwrap();
    assert_eq!(shards, [b"0".to_vec(), b"10".to_vec(), b"20".to_vec()]);
    let policy = ItemPolicy { skip_limit: Some(1), dead_letters: true, ..ItemPolicy::default() };
    let mut run = ItemRun::new(attempt(None), 0, policy);
    let mut loader = load_node();
    loader.open(Some(&shards[1]), None, &attempt(None)).unwrap();
    let (mut chunk, mut sizes, mut cursor) = (loader.chunk(), Vec::new(), Vec::new());
    let mut more = true;
    while more {
        chunk.clear();
        more = loader.load(&mut chunk, &mut run).unwrap();
        sizes.push(chunk.len());
        // Another attempt goes on from each checkpoint.
        cursor.clear();
        loader.save(&mut cursor).unwrap();
        loader = load_node();
        loader.open(Some(&shards[1]), Some(&cursor), &attempt(None)).unwrap();
        run.row += CHUNK as u64;
    }
    assert_eq!(sizes, [4, 3, 2], "full chunks but for the bad row and the end");
    let counts = NodeCounts {
        read: 10,
        passed: 9,
        dead_lettered: 1,
        emitted: 9,
        bytes_in: 80,
        ..NodeCounts::default()
    };
    assert_eq!(run.counts, counts);
    assert_eq!((run.dead_letters[0].place.index, run.dead_letters[0].item.as_str()), (2, "row 16"));
    let error = load_node().open(None, None, &attempt(None)).unwrap_err();
    assert_eq!(error.to_string(), "the loader needs shards: put a splitter before it with `after`");
}

#[test]
fn a_pause_leaves_no_chunk_short_and_a_cancellation_does() {
    for (why, rows) in [(Stop::HandBack, CHUNK as u64), (Stop::Cancel, 0)] {
        let stop = StopFlag::default();
        stop.stop(why);
        let cx = stopped_attempt(None, stop);
        let mut run = ItemRun::new(cx.clone(), 0, ItemPolicy::default());
        let mut loader = load_node();
        loader.open(Some(b"0"), None, &cx).unwrap();
        let mut chunk = loader.chunk();
        assert!(loader.load(&mut chunk, &mut run).unwrap());
        assert_eq!((chunk.len() as u64, run.counts.read), (rows, rows), "{why:?}");
    }
}

/// Waits as many turns as its sale is large, and fails at some.
#[derive(Processor)]
#[processor(name = "wait", input = Sale, output = Sale, async)]
struct Wait {
    running: AtomicU32,
    most: AtomicU32,
}

impl AsyncProcess for Wait {
    async fn process(&self, item: Sale, out: &mut Emitter<Sale>, _: &Context) -> Result<()> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        assert!(running <= 3, "at most three in flight");
        out.emit(item.clone());
        let mut turns = item.amount.mantissa();
        std::future::poll_fn(|waiting: &mut Waiting<'_>| {
            turns -= 1;
            waiting.waker().wake_by_ref();
            if turns <= 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        match item.amount.mantissa() {
            13 => Err(Error::skip("thirteen")),
            14 => Err(Error::throttled("later", None)),
            15 => panic!("fifteen"),
            _ => Ok(()),
        }
    }
}

struct Spin;

impl BlockOn for Spin {
    fn block_on(&self, mut future: Pin<&mut (dyn Future<Output = ()> + '_)>) {
        let mut waiting = Waiting::from_waker(Waker::noop());
        while future.as_mut().poll(&mut waiting).is_pending() {}
    }
}

#[test]
fn asynchronous_items_run_side_by_side_and_keep_their_order() {
    let mut node = process_node("wait", |args| args.concurrency = Some(3));
    let policy = ItemPolicy { skip_limit: Some(1), dead_letters: true, ..ItemPolicy::default() };
    let mut run = ItemRun::new(attempt(Some(Arc::new(Spin))), 0, policy);
    let sales: Vec<Sale> = [9, 1, 13, 2, 8].into_iter().map(|turns| sale(turns as u32, turns)).collect();
    node.process(0, &mut Chunk::of(sales), &mut run).unwrap();
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    let turns: Vec<i128> = chunk.items::<Sale>().iter().map(|s| s.amount.mantissa()).collect();
    assert_eq!(turns, [9, 1, 2, 8]);
    let counts = NodeCounts { read: 5, passed: 4, dead_lettered: 1, emitted: 4, ..NodeCounts::default() };
    assert_eq!(run.counts, counts);
    assert_eq!(run.dead_letters[0].item, "shop 00013,0.13");
    for (bad, panicked) in [(14, false), (15, true)] {
        let mut node = process_node("wait", |args| args.concurrency = Some(3));
        let failure = node.process(0, &mut Chunk::of(vec![sale(1, 1), sale(2, bad)]), &mut run).unwrap_err();
        assert_eq!((failure.panicked, failure.place.map(|p| p.index)), (panicked, Some(1)));
    }
    // An item that used up its retries is not tried again.
    run.policy.exhausted = vec![(run.place(1), "it failed five times".to_owned())];
    run.policy.skip_limit = Some(2);
    let mut node = process_node("wait", |args| args.concurrency = Some(3));
    node.process(0, &mut Chunk::of(vec![sale(1, 1), sale(2, 15)]), &mut run).unwrap();
    assert_eq!(run.dead_letters[1].error, "it failed five times");
    let error =
        node.process(0, &mut Chunk::of(vec![sale(1, 1)]), &mut ItemRun::new(attempt(None), 0, skipping()));
    assert!(error.unwrap_err().error.to_string().contains("no runtime"));
}

/// Counts sales per shop, and the shops.
#[derive(Reducer)]
#[reducer(name = "count-sales", input = Sale, output = Sale)]
struct CountSales {
    #[state]
    sales: BTreeMap<u64, f64>,
    #[state]
    shops: BTreeSet<String>,
}

impl Reduce for CountSales {
    fn reduce(&mut self, item: Sale, _: &Context) -> Result<()> {
        *self.sales.entry(item.shop.len() as u64).or_default() += 0.1;
        self.shops.insert(item.shop);
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Sale>, _: &Context) -> Result<()> {
        for (number, shop) in self.shops.iter().enumerate() {
            out.emit(Sale { shop: shop.clone(), amount: Decimal::from_mantissa(number as i128) });
        }
        out.emit(Sale { shop: format!("{:?}", self.sales), amount: Decimal::ZERO });
        Ok(())
    }
}

/// Forgets what it has when its attempt ends.
#[derive(Reducer)]
#[reducer(name = "last-sale", input = Sale, output = Sale)]
struct LastSale {
    last: Option<Sale>,
}

impl Reduce for LastSale {
    fn reduce(&mut self, item: Sale, _: &Context) -> Result<()> {
        self.last = Some(item);
        Ok(())
    }

    fn finish(&mut self, out: &mut Emitter<Sale>, _: &Context) -> Result<()> {
        self.last.take().into_iter().for_each(|sale| out.emit(sale));
        Ok(())
    }
}

#[test]
fn a_reducer_with_state_is_saved_and_one_without_runs_whole() {
    let registry = Registry::linked().unwrap();
    assert_eq!(registry.processors["count-sales"].state, StateKind::Saved);
    assert_eq!(registry.processors["last-sale"].state, StateKind::Unsaved);
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    let mut node = process_node("count-sales", |_| ());
    for shop in 0..3 {
        node.process(0, &mut Chunk::of(vec![sale(shop, 1); 5]), &mut run).unwrap();
        assert!(node.at_boundary());
        let mut state = Vec::new();
        node.save(&mut state).unwrap();
        node = process_node("count-sales", |_| ());
        node.restore(&state).unwrap();
    }
    assert!(node.finish(&mut run).unwrap());
    assert!(!node.finish(&mut run).unwrap());
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    let made = chunk.items::<Sale>();
    // The sum of fifteen tenths, to the last bit.
    let sum = (0..15).fold(0.0, |sum, _| sum + 0.1);
    assert_eq!((made.len(), made[3].shop.as_str()), (4, format!("{{10: {sum:?}}}").as_str()));
    assert_eq!(run.counts, NodeCounts { read: 15, passed: 15, emitted: 4, ..NodeCounts::default() });
    assert!(!process_node("last-sale", |_| ()).at_boundary());
}

static WRITTEN: AtomicU32 = AtomicU32::new(0);

#[derive(Sink)]
#[sink(name = "add-up", input = Sale)]
struct AddUp {
    pending: u32,
}

impl Write for AddUp {
    fn write(&mut self, items: &[Sale], first_row: u64, _: &Context) -> Result<()> {
        if first_row == 12 {
            return Err(Error::retryable("the other side is away"));
        }
        self.pending += items.len() as u32;
        Ok(())
    }

    fn flush(&mut self, _: &Context) -> Result<()> {
        WRITTEN.fetch_add(std::mem::take(&mut self.pending), Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn a_sink_writes_chunks_and_flushes_before_a_checkpoint() {
    let Node::Sink(mut sink) = build("add-up", |_| ()) else { panic!("a sink") };
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    sink.prepare(&attempt(None)).unwrap();
    sink.open(&[], &attempt(None)).unwrap();
    let mut chunk = Chunk::of(vec![sale(1, 1); 3]);
    sink.write(&mut chunk, &mut run).unwrap();
    assert!(chunk.is_empty());
    assert_eq!(WRITTEN.load(Ordering::SeqCst), 0);
    assert!(sink.close(&attempt(None)).unwrap().is_none());
    assert_eq!(WRITTEN.load(Ordering::SeqCst), 3);
    run.row = 12;
    let failure = sink.write(&mut Chunk::of(vec![sale(1, 1)]), &mut run).unwrap_err();
    assert_eq!(failure.error.class(), Class::Retryable);
    assert_eq!(run.counts, NodeCounts { read: 3, passed: 3, ..NodeCounts::default() });
}
