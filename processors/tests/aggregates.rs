//! Aggregates in all places of a plan give what a map gives, also when stopped and resumed at any boundary; and the
//! adapters of the other roles.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may unwrap what it has just built")]

// Generated code names `::dyeline`, which this crate is behind the facade.
extern crate dyeline_processors as dyeline;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context as Waiting, Poll, Waker},
};

use dyeline::{
    contract::{
        BuildArgs, Chunk, ItemRun, LoadNode, Node, NodeCounts, ParamMap, ProcessNode,
        context::{Attempt, BlockOn},
        registry::Registry,
        run::ItemPolicy,
    },
    prelude::*,
};
use proptest::{collection::vec, prelude::*};

const CHUNK: usize = 4;

#[derive(Clone, Debug, PartialEq, Record)]
struct Sale {
    shop: String,
    amount: Decimal<2>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Total {
    shop: String,
    sales: u64,
    amount: Decimal<2>,
    largest: Decimal<2>,
}

#[derive(Reducer)]
#[reducer(name = "total", input = Sale, output = Total, aggregate)]
struct TotalPerShop {
    #[param(default = "-1", live)]
    refused: Decimal<2>,
}

impl Aggregate for TotalPerShop {
    type Key = String;

    fn key(&self, item: &Sale) -> String {
        item.shop.clone()
    }
    fn key_of(&self, result: &Total) -> String {
        result.shop.clone()
    }
    fn start(&self, item: Sale) -> Result<Total> {
        self.check(&item)?;
        Ok(Total { shop: item.shop, sales: 1, amount: item.amount, largest: item.amount })
    }
    fn add(&self, result: &mut Total, item: Sale) -> Result<()> {
        let other = self.start(item)?;
        self.merge(result, other)
    }
    fn merge(&self, result: &mut Total, other: Total) -> Result<()> {
        result.sales += other.sales;
        result.amount += other.amount;
        result.largest = result.largest.max(other.largest);
        Ok(())
    }
}

impl TotalPerShop {
    fn check(&self, item: &Sale) -> Result<()> {
        if item.amount == self.refused {
            return Err(Error::skip(format!("{} is refused", item.amount)));
        }
        Ok(())
    }
}

fn sale(shop: u32, amount: i128) -> Sale {
    Sale { shop: format!("shop {shop:05}"), amount: Decimal::from_mantissa(amount) }
}

fn attempt(futures: Option<Arc<dyn BlockOn>>) -> Context {
    Context::new(Attempt {
        job: "01".into(),
        chain: "test".into(),
        version: None,
        node: "node".into(),
        shard: 0,
        attempt: 1,
        fence: 1,
        stop: Default::default(),
        deadline: None,
        disk: Arc::new(dyeline::disk::OsDisk),
        spool: PathBuf::new(),
        chunk_rows: CHUNK,
        futures,
    })
}

fn build(name: &str, change: impl FnOnce(&mut BuildArgs<'_>)) -> Node {
    let params = ParamMap::new();
    let mut args = BuildArgs {
        params: &params,
        record: None,
        inputs: &[],
        sorted_by: None,
        combine: false,
        merge: false,
        concurrency: None,
    };
    change(&mut args);
    (Registry::linked().unwrap().processors[name].build)(&args).unwrap()
}

fn process_node(name: &str, change: impl FnOnce(&mut BuildArgs<'_>)) -> Box<dyn ProcessNode> {
    match build(name, change) {
        Node::Process(node) => node,
        _ => panic!("{name} is no process node"),
    }
}

fn skipping() -> ItemPolicy {
    ItemPolicy { skip_limit: Some(u64::MAX), ..ItemPolicy::default() }
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Whole,
    Merge,
    Combine,
    Sorted,
}

impl Place {
    fn node(self) -> Box<dyn ProcessNode> {
        process_node("total", |args| match self {
            Self::Whole => {}
            Self::Merge => args.merge = true,
            Self::Combine => args.combine = true,
            Self::Sorted => args.sorted_by = Some("shop"),
        })
    }

    /// Runs all chunks. At boundaries that `stops` draws, the node is saved and another one goes on.
    fn run<T: Clone + Send + 'static>(self, items: &[T], stops: u64) -> (Vec<Vec<Total>>, NodeCounts) {
        let mut node = self.node();
        let mut run = ItemRun::new(attempt(None), 0, skipping());
        let mut made = Vec::new();
        for (number, chunk) in items.chunks(CHUNK).enumerate() {
            node.process(0, &mut Chunk::of(chunk.to_vec()), &mut run).unwrap();
            run.row += CHUNK as u64;
            take(&mut *node, &mut made);
            if node.at_boundary() && stops >> (number % 64) & 1 == 1 {
                let mut state = Vec::new();
                node.save(&mut state).unwrap();
                node = self.node();
                node.restore(&state).unwrap();
            }
        }
        while node.finish(&mut run).unwrap() {
            take(&mut *node, &mut made);
            assert!(made.last().is_some_and(|m: &Vec<Total>| m.len() <= CHUNK), "bounded parts");
        }
        (made, run.counts)
    }
}

fn take(node: &mut dyn ProcessNode, made: &mut Vec<Vec<Total>>) {
    let mut chunk = node.chunk(0);
    node.take(0, &mut chunk);
    made.push(std::mem::take(chunk.items_mut()));
}

fn expected(sales: &[Sale]) -> Vec<Total> {
    let mut totals: BTreeMap<&str, Total> = BTreeMap::new();
    for sale in sales.iter().filter(|s| s.amount.mantissa() != -100) {
        let total = totals.entry(&sale.shop).or_insert_with(|| Total {
            shop: sale.shop.clone(),
            sales: 0,
            amount: Decimal::ZERO,
            largest: Decimal::MIN,
        });
        total.sales += 1;
        total.amount += sale.amount;
        total.largest = total.largest.max(sale.amount);
    }
    totals.into_values().collect()
}

proptest! {
    #[test]
    fn every_place_gives_the_same_totals(shops in 1..2000u32, draws in vec((any::<u32>(), -300..300i128), 0..700), stops in any::<u64>()) {
        let mut sales: Vec<Sale> = draws.iter().map(|(shop, amount)| sale(shop % shops, *amount)).collect();
        let refused = sales.iter().filter(|s| s.amount.mantissa() == -100).count() as u64;
        let expected = expected(&sales);

        let (whole, counts) = Place::Whole.run(&sales, stops);
        prop_assert_eq!(&whole.concat(), &expected);
        prop_assert_eq!(counts.read, sales.len() as u64);
        prop_assert_eq!((counts.skipped, counts.passed), (refused, counts.read - refused));
        prop_assert_eq!(counts.emitted, expected.len() as u64);

        let (partials, counts) = Place::Combine.run(&sales, stops);
        let (undisturbed, _) = Place::Combine.run(&sales, 0);
        prop_assert_eq!(&partials, &undisturbed, "a resumed shard hands on the same partial results");
        prop_assert_eq!(counts.emitted as usize, partials.concat().len());
        prop_assert!(partials.concat().len() <= sales.len());
        let (merged, _) = Place::Merge.run(&partials.concat(), stops);
        prop_assert_eq!(&merged.concat(), &expected);

        sales.sort_by(|a, b| a.shop.cmp(&b.shop));
        let (sorted, counts) = Place::Sorted.run(&sales, stops);
        prop_assert_eq!(sorted.concat(), expected);
        prop_assert_eq!(counts.skipped, refused);
    }
}

#[test]
fn combining_pays_or_passes() {
    let few: Vec<Sale> = (0..2_000).map(|i| sale(i % 3, 1)).collect();
    let (partials, _) = Place::Combine.run(&few, u64::MAX);
    let groups = 2_000usize.div_ceil(64 * CHUNK);
    assert_eq!(partials.concat().len(), 3 * groups, "three keys in each group of chunks");
    let many: Vec<Sale> = (0..2_000).map(|i| sale(i, 1)).collect();
    let (partials, _) = Place::Combine.run(&many, 0);
    assert_eq!(partials[20].len(), CHUNK, "behind the sample each item goes on at once");
}

#[test]
fn an_unsorted_shard_is_an_error_that_names_both_places() {
    let mut node = Place::Sorted.node();
    let mut run = ItemRun::new(attempt(None), 0, skipping());
    run.row = 40;
    node.process(0, &mut Chunk::of(vec![sale(1, 1), sale(3, 1), sale(3, 1)]), &mut run).unwrap();
    run.row = 44;
    let failure = node.process(0, &mut Chunk::of(vec![sale(3, 1), sale(2, 7)]), &mut run).unwrap_err();
    assert_eq!(
        failure.error.to_string(),
        "the input is not sorted by `shop`: `shop 00002,0.07` (item 1 of the chunk at row 44) stands behind \
         `shop 00003,3,0.03,0.01` (first seen as item 1 of the chunk at row 40); sort the input, or take `sorted` out \
         of the exchange"
    );
    assert_eq!(failure.error.class(), Class::Fatal);
}

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
