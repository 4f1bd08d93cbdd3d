//! The inner loops of records: text to items, items to bytes and back, partitions, and an aggregate's table.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench may unwrap what it has just built")]

// Generated code names `::dyeline`, which this crate is behind the facade.
extern crate dyeline_processors as dyeline;

use std::{hint::black_box, path::PathBuf, sync::Arc};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dyeline::{
    contract::{
        BuildArgs, Chunk, ItemRun, Node, ParamMap, ProcessNode, RecordOps, context::Attempt,
        registry::Registry, run::ItemPolicy,
    },
    prelude::*,
    record::{ColumnMap, Ops},
};

#[derive(Clone, Debug, Record)]
struct Position {
    user_id: u64,
    fund_id: u32,
    shares: Decimal<2>,
    cost: Decimal<2>,
}

#[derive(Clone, Debug, Record)]
struct Income {
    user_id: u64,
    income: Decimal<6>,
}

/// What a share of each fund earned
#[derive(Processor)]
#[processor(name = "accrue", input = Position, output = Income)]
struct Accrue {
    earned: Vec<Option<Decimal<4>>>,
}

impl Process for Accrue {
    fn open(&mut self, _: &Context) -> Result<()> {
        self.earned = (0..500).map(|fund| Some(Decimal::from_mantissa(fund - 250))).collect();
        Ok(())
    }

    fn process(&mut self, item: Position, out: &mut Emitter<Income>, _: &Context) -> Result<()> {
        let Some(earned) = self.earned.get(item.fund_id as usize).copied().flatten() else {
            return Err(Error::skip(format!("no price for fund {}", item.fund_id)));
        };
        out.emit(Income { user_id: item.user_id, income: item.shares.times(earned) });
        Ok(())
    }
}

#[derive(Reducer)]
#[reducer(name = "sum", input = Income, output = Income, aggregate)]
struct Sum {}

impl Aggregate for Sum {
    type Key = u64;

    fn key(&self, item: &Income) -> u64 {
        item.user_id
    }
    fn key_of(&self, result: &Income) -> u64 {
        result.user_id
    }
    fn start(&self, item: Income) -> Result<Income> {
        Ok(item)
    }
    fn add(&self, result: &mut Income, item: Income) -> Result<()> {
        result.income += item.income;
        Ok(())
    }
    fn merge(&self, result: &mut Income, other: Income) -> Result<()> {
        result.income += other.income;
        Ok(())
    }
}

const ROWS: u64 = 100_000;
const CHUNK: usize = 8192;

/// splitmix64
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

fn positions() -> Vec<Position> {
    let mut state = 1;
    let decimal = |n: u64| Decimal::from_mantissa(i128::from(n));
    (0..ROWS)
        .map(|i| Position {
            user_id: 100_000 + i / 4,
            fund_id: (random(&mut state) % 500) as u32,
            shares: decimal(random(&mut state) % 1_000_000),
            cost: decimal(random(&mut state) % 10_000_000),
        })
        .collect()
}

fn context() -> Context {
    Context::new(Attempt {
        job: "01".into(),
        chain: "bench".into(),
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
        futures: None,
    })
}

fn node(name: &str, change: impl FnOnce(&mut BuildArgs<'_>)) -> Box<dyn ProcessNode> {
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
    let registry = Registry::linked().expect("one of each name");
    match (registry.processors[name].build)(&args) {
        Ok(Node::Process(mut node)) => {
            node.open(&context()).expect("nothing to open");
            node
        }
        _ => panic!("{name} is no processor"),
    }
}

fn text(c: &mut Criterion) {
    let ops = Ops::<Position>::NEW;
    let items = Chunk::of(positions());
    let mut rows = Vec::new();
    ops.encode_rows(&items, b',', &mut rows);
    let mut group = c.benchmark_group("text");
    group.throughput(Throughput::Elements(ROWS));
    let in_order = ColumnMap::in_order(b',').expect("a comma");
    let mapped = ColumnMap::from_header(b"user_id,fund_id,cost,shares", b',').expect("a header");
    for (name, columns) in [("decode", in_order), ("decode mapped", mapped)] {
        let mut decoder = ops.text_decoder(&columns).expect("all columns");
        let (mut chunk, mut rejects) = (ops.chunk(CHUNK), Vec::new());
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut at = 0;
                while at < rows.len() {
                    chunk.clear();
                    at += decoder.decode(&rows[at..], true, CHUNK, &mut chunk, &mut rejects).consumed;
                    black_box(&chunk);
                }
                assert!(rejects.is_empty());
            });
        });
    }
    let mut out = Vec::with_capacity(rows.len());
    group.bench_function("encode", |b| {
        b.iter(|| {
            out.clear();
            ops.encode_rows(&items, b',', &mut out);
            black_box(&out);
        });
    });
    group.finish();
}

fn binary(c: &mut Criterion) {
    let ops = Ops::<Position>::NEW;
    let items = Chunk::of(positions());
    let mut bytes = Vec::new();
    ops.encode(&items, &mut bytes);
    let mut group = c.benchmark_group("binary");
    group.throughput(Throughput::Elements(ROWS));
    let mut out = Vec::with_capacity(bytes.len() + 64);
    group.bench_function("encode", |b| {
        b.iter(|| {
            out.clear();
            ops.encode(&items, &mut out);
            black_box(&out);
        });
    });
    let mut chunk = ops.chunk(ROWS as usize);
    group.bench_function("decode", |b| {
        b.iter(|| {
            chunk.clear();
            ops.decode(&mut &bytes[..], ROWS as usize, &mut chunk).expect("what was encoded");
            black_box(&chunk);
        });
    });
    let (mut shards, mut counts) = (vec![Vec::new(); 16], vec![0; 16]);
    group.bench_function("partition by 16", |b| {
        b.iter(|| {
            shards.iter_mut().for_each(Vec::clear);
            ops.partition(&items, 0, &mut shards, &mut counts);
            black_box(&shards);
        });
    });
    group.finish();
}

fn nodes(c: &mut Criterion) {
    let mut group = c.benchmark_group("nodes");
    group.throughput(Throughput::Elements(CHUNK as u64));
    let positions: Vec<_> = positions().into_iter().take(CHUNK).collect();
    let mut accrue = node("accrue", |_| ());
    let mut run = ItemRun::new(context(), 0, ItemPolicy::default());
    let (mut input, mut output) = (Chunk::new::<Position>(CHUNK), accrue.chunk(0));
    group.bench_function("refill a chunk", |b| {
        b.iter(|| {
            input.clear();
            input.items_mut::<Position>().extend_from_slice(&positions);
            black_box(&input);
        });
    });
    group.bench_function("refill and accrue", |b| {
        b.iter(|| {
            input.clear();
            input.items_mut::<Position>().extend_from_slice(&positions);
            accrue.process(0, &mut input, &mut run).expect("all funds have prices");
            output.clear();
            accrue.take(0, &mut output);
            black_box(&output);
        });
    });
    group.finish();
}

fn aggregates(c: &mut Criterion) {
    let mut group = c.benchmark_group("aggregate");
    group.sample_size(10);
    let mut state = 7;
    let keys = 400_000;
    let items: Vec<Income> = (0..1_600_000)
        .map(|_| {
            // Scattered 64-bit keys, four items each.
            let mut key = random(&mut state) % keys;
            Income { user_id: random(&mut key), income: Decimal::from_mantissa(5) }
        })
        .collect();
    group.throughput(Throughput::Elements(items.len() as u64));
    let chunks = || items.chunks(CHUNK).map(|c| Chunk::of(c.to_vec())).collect::<Vec<_>>();
    type Change = fn(&mut BuildArgs<'_>);
    for (name, change) in [
        ("whole", (|_| ()) as Change),
        ("merge", (|a| a.merge = true) as Change),
        ("combine", (|a| a.combine = true) as Change),
    ] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || (node("sum", change), chunks()),
                |(mut node, mut chunks)| {
                    let mut run = ItemRun::new(context(), 0, ItemPolicy::default());
                    let mut out = node.chunk(0);
                    for chunk in &mut chunks {
                        node.process(0, chunk, &mut run).expect("no item fails");
                        run.row += CHUNK as u64;
                        out.clear();
                        node.take(0, &mut out);
                    }
                    while node.finish(&mut run).expect("nothing fails") {
                        out.clear();
                        node.take(0, &mut out);
                    }
                    assert!(run.counts.emitted >= 300_000);
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, text, binary, nodes, aggregates);
criterion_main!(benches);
