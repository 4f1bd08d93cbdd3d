//! What a drawn chain should give, by plain vectors: no chunks in flight, no attempts, no checkpoints.
//!
//! It knows of chunks only to say at which place a dead letter was given up.

use std::collections::BTreeMap;

use dyeline::contract::Record;

use super::{
    item::{Item, Temper, doomed},
    model::{Drawn, Moves, Node, Op, Sink},
    source::end_of,
};

/// Rows in a full chunk.
const CHUNK: usize = 1024;

/// What should come out.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Why the job fails, if it does; then nothing else is said.
    pub fails: Option<String>,
    /// By node: the items that are written, in order.
    pub written: BTreeMap<String, Vec<Item>>,
    /// By node: the dead letters that are written, in order.
    pub letters: BTreeMap<String, Vec<Letter>>,
    /// By node: what is counted.
    pub counts: BTreeMap<String, Counted>,
    /// Attempts that have to fail in an undisturbed run: at least, at most. `None` where items never pass.
    pub failures: Option<(u64, u64)>,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The node that gave the item up.
    pub node: String,
    /// Its shard.
    pub shard: u32,
    /// The first source row of its chunk, where that does not depend on how partial results were combined.
    pub row: Option<u64>,
    /// Its place in the chunk that the node took.
    pub index: Option<u32>,
    /// The class of the error.
    pub class: String,
    /// The error.
    pub error: String,
    /// The item.
    pub item: Item,
}

/// What a node counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Exactly this.
    Exactly(Counts),
    /// It has failed shards, or combines in such, whose counts tell how far they came.
    Somehow,
}

/// A node's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that came in.
    pub read: u64,
    /// Items that led to something.
    pub passed: u64,
    /// Items that led to nothing.
    pub filtered: u64,
    /// Items given up.
    pub skipped: u64,
    /// Items given up and kept.
    pub dead_lettered: u64,
    /// Items made.
    pub emitted: u64,
}

/// Items that moved together, with the first row of their shard that they are from.
#[derive(Clone, Debug)]
struct Chunk {
    row: u64,
    items: Vec<Item>,
}

/// What one shard gives on one output; `None`: its task failed.
type Shard = Option<Vec<Chunk>>;

#[derive(Clone, Debug, Default)]
struct Stream {
    shards: Vec<Shard>,
    /// Rows of each shard.
    rows: Vec<u64>,
    /// Whether rows and places in chunks are known.
    placed: bool,
}

struct Evaluation<'a> {
    drawn: &'a Drawn,
    streams: BTreeMap<String, Stream>,
    letters: BTreeMap<String, Vec<Vec<Letter>>>,
    expected: Expected,
}

/// Evaluates a chain.
#[must_use]
pub fn evaluate(drawn: &Drawn) -> Expected {
    let mut evaluation = Evaluation {
        drawn,
        streams: BTreeMap::from([("load".to_owned(), source(drawn))]),
        letters: BTreeMap::new(),
        expected: Expected { failures: Some((0, 0)), ..Expected::default() },
    };
    let all = drawn.rows;
    let counts = Counts { read: all, passed: all, emitted: all, ..Counts::default() };
    evaluation.expected.counts.insert("load".into(), Counted::Exactly(counts));
    for node in &drawn.nodes {
        evaluation.node(node);
    }
    evaluation.expected
}

fn source(drawn: &Drawn) -> Stream {
    let (rows, shards) = (drawn.rows, u64::from(drawn.shards));
    let mut stream = Stream { placed: true, ..Stream::default() };
    let mut from = 0;
    for shard in 0..shards {
        let to = end_of(rows, shards, shard);
        let items = (from..to).map(|row| Item::of_row(drawn.seed, row, drawn.keys, drawn.sorted)).collect();
        stream.shards.push(Some(chunks(items, 0)));
        stream.rows.push(to - from);
        from = to;
    }
    stream
}

/// Cuts items into full chunks.
fn chunks(items: Vec<Item>, mut row: u64) -> Vec<Chunk> {
    let mut cut = Vec::new();
    for items in items.chunks(CHUNK) {
        cut.push(Chunk { row, items: items.to_vec() });
        row += items.len() as u64;
    }
    cut
}

fn items(shard: &Shard) -> impl Iterator<Item = &Item> {
    shard.iter().flatten().flat_map(|chunk| &chunk.items)
}

/// What arrives when items are moved from these streams, one after the other.
fn moved(node: &Node, read: &[Stream]) -> Stream {
    let shards = match node.moves {
        Some(Moves::ByKey(shards)) => shards as usize,
        Some(Moves::Gather) => 1,
        Some(Moves::Sorted) | None => read[0].shards.len(),
    };
    let mut moved = Stream { placed: true, ..Stream::default() };
    for shard in 0..shards {
        let (mut cut, mut row) = (Vec::new(), 0);
        for stream in read {
            let taken: Vec<Item> = match node.moves {
                Some(Moves::ByKey(_)) => {
                    let here = |item: &&Item| item.hash_field(0) % shards as u64 == shard as u64;
                    stream.shards.iter().flat_map(items).filter(here).cloned().collect()
                }
                Some(Moves::Gather) => stream.shards.iter().flat_map(items).cloned().collect(),
                Some(Moves::Sorted) | None => items(&stream.shards[shard]).cloned().collect(),
            };
            let rows = taken.len() as u64;
            cut.extend(chunks(taken, row));
            row += rows;
        }
        moved.shards.push(Some(cut));
        moved.rows.push(row);
    }
    moved
}

impl Evaluation<'_> {
    fn node(&mut self, node: &Node) {
        if let Op::Write(Sink::DeadLetters) = node.op {
            let letters: Vec<Letter> =
                self.letters.remove(&node.after[0]).unwrap_or_default().into_iter().flatten().collect();
            let read = letters.len() as u64;
            let counts = Counts { read, passed: read, ..Counts::default() };
            self.expected.counts.insert(node.name.clone(), Counted::Exactly(counts));
            self.expected.letters.insert(node.name.clone(), letters);
            return;
        }
        let input = self.input(node);
        match &node.op {
            Op::Branch => self.branch(node, &input),
            Op::Sum | Op::Fold(_) => self.reduce(node, &input),
            Op::Join => self.join(node, input),
            Op::Write(_) => self.write(node, &input),
            Op::Fail(..) => self.fail(node, &input),
            Op::Doom(seed) => self.doom(node, input, *seed),
            Op::Map(_) | Op::Filter(_) | Op::Expand(_) | Op::Running | Op::Call(_) | Op::Hang(..) => {
                self.each(node, input);
            }
        }
    }

    /// What arrives at a node, after items were moved.
    fn input(&mut self, node: &Node) -> Stream {
        let read: Vec<Stream> = node.after.iter().map(|port| self.streams[port].clone()).collect();
        self.tolerate(node, &read);
        let fused = read.len() == 1 && node.tolerates.is_none() && !node.op.reduces() && node.moves.is_none();
        if fused || node.moves == Some(Moves::Sorted) {
            return read.into_iter().next().unwrap_or_default();
        }
        moved(node, &read)
    }

    /// Whether so many shards may have failed.
    fn tolerate(&mut self, node: &Node, read: &[Stream]) {
        for stream in read {
            let failed = stream.shards.iter().filter(|s| s.is_none()).count();
            let percent = node.tolerates.unwrap_or(0) as usize;
            if failed * 100 > percent * stream.shards.len() {
                self.fails(format!("{failed} of {} shards failed before {}", stream.shards.len(), node.name));
            }
        }
    }

    fn fails(&mut self, why: String) {
        self.expected.fails.get_or_insert(why);
    }

    fn count(&mut self, node: &Node, counted: Counted) {
        self.expected.counts.insert(node.name.clone(), counted);
    }

    fn each(&mut self, node: &Node, mut stream: Stream) {
        let mut counts = Counts::default();
        let stateful = node.op == Op::Running;
        for shard in &mut stream.shards {
            let mut total = 0i64;
            for chunk in shard.iter_mut().flatten() {
                let mut made = Vec::new();
                for item in chunk.items.drain(..) {
                    let before = made.len();
                    counts.read += 1;
                    match node.op {
                        Op::Map(factor) | Op::Call(factor) => made.push(item.mapped(factor)),
                        Op::Filter(modulus) => made.extend((item.key % modulus != 0).then_some(item)),
                        Op::Expand(most) => made.extend((0..item.copies(most)).map(|n| item.copy(n))),
                        Op::Running => {
                            total = total.wrapping_add(item.value);
                            made.push(Item { value: total, ..item });
                        }
                        _ => made.push(item),
                    }
                    let filtered = made.len() == before && !stateful;
                    counts.filtered += u64::from(filtered);
                    counts.passed += u64::from(!filtered);
                    counts.emitted += (made.len() - before) as u64;
                }
                chunk.items = made;
            }
        }
        if let Op::Hang(..) = node.op {
            self.expected.failures = None;
        }
        self.count(node, Counted::Exactly(counts));
        self.streams.insert(node.name.clone(), stream);
    }

    fn branch(&mut self, node: &Node, input: &Stream) {
        let all = input.shards.iter().flat_map(items).count() as u64;
        for (port, rest) in [("even", true), ("odd", false)] {
            let mut stream = input.clone();
            for chunk in stream.shards.iter_mut().flatten().flatten() {
                chunk.items.retain(|item| (item.value % 2 == 0) == rest);
            }
            self.streams.insert(format!("{}.{port}", node.name), stream);
        }
        let counts = Counts { read: all, passed: all, emitted: all, ..Counts::default() };
        self.count(node, Counted::Exactly(counts));
    }

    fn fail(&mut self, node: &Node, input: &Stream) {
        let Op::Fail(seed, rates) = &node.op else { return };
        let mut counts = Counts::default();
        let mut stream = input.clone();
        let mut letters = Vec::new();
        let kept = format!("{}.dead-letters", node.name);
        let keeps = self.drawn.nodes.iter().any(|n| n.after.contains(&kept));
        for (shard, chunks) in stream.shards.iter_mut().enumerate() {
            let (mut last, mut given_up) = (0, Vec::new());
            for chunk in chunks.iter_mut().flatten() {
                let mut index = 0;
                let (row, placed) = (chunk.row, input.placed);
                chunk.items.retain(|item| {
                    let at = index;
                    index += 1;
                    counts.read += 1;
                    let (class, error) = match Temper::of(item, *seed, rates) {
                        Temper::Good => return true,
                        Temper::Until(attempt, _) => {
                            last = last.max(attempt);
                            return true;
                        }
                        Temper::Skip => ("skip", "a bad item".to_owned()),
                        Temper::Stubborn => {
                            ("retryable", format!("failed again after {} retries", self.drawn.retries))
                        }
                    };
                    given_up.push(Letter {
                        node: node.name.clone(),
                        shard: shard as u32,
                        row: placed.then_some(row),
                        index: placed.then_some(at),
                        class: class.to_owned(),
                        error,
                        item: item.clone(),
                    });
                    false
                });
            }
            self.expected.failures = match self.expected.failures {
                Some((least, most)) if rates.stubborn == 0 => {
                    Some((least.max(u64::from(last)), most + u64::from(last)))
                }
                _ => None,
            };
            counts.skipped += given_up.len() as u64;
            letters.push(given_up);
        }
        counts.passed = counts.read - counts.skipped;
        counts.emitted = counts.passed;
        match node.skip {
            None if counts.skipped > 0 => self.fails(format!("{} gives up an item", node.name)),
            Some(limit) if counts.skipped > limit => {
                self.fails(format!("{} gives up {} items of {limit}", node.name, counts.skipped));
            }
            _ => {}
        }
        if keeps {
            counts.dead_lettered = std::mem::take(&mut counts.skipped);
            self.letters.insert(kept, letters);
        }
        self.count(node, Counted::Exactly(counts));
        self.streams.insert(node.name.clone(), stream);
    }

    fn doom(&mut self, node: &Node, mut stream: Stream, seed: u64) {
        for (shard, chunks) in stream.shards.iter_mut().enumerate() {
            if doomed(seed, shard as u32) {
                *chunks = None;
            }
        }
        self.expected.failures = None;
        self.count(node, Counted::Somehow);
        self.streams.insert(node.name.clone(), stream);
    }

    fn reduce(&mut self, node: &Node, input: &Stream) {
        let sorted = node.moves == Some(Moves::Sorted);
        let combined = node.op == Op::Sum && !sorted;
        let mut results = 0;
        let mut stream = Stream { rows: input.rows.clone(), placed: false, ..Stream::default() };
        for (shard, rows) in input.shards.iter().zip(&input.rows) {
            let made: Vec<Item> = if node.op == Op::Sum {
                let mut sums = BTreeMap::<u64, Item>::new();
                for item in items(shard) {
                    match sums.get_mut(&item.key) {
                        Some(sum) => sum.merge(item.clone()),
                        None => drop(sums.insert(item.key, item.clone())),
                    }
                }
                sums.into_values().collect()
            } else {
                let mut folded = Item::nothing();
                items(shard).for_each(|item| folded.fold(item));
                vec![folded]
            };
            results += made.len() as u64;
            stream.shards.push(Some(vec![Chunk { row: *rows, items: made }]));
        }
        let read = input.shards.iter().flat_map(items).count() as u64;
        // An aggregate combines where its items are made, and counts there what it reads.
        let failed = |port: &String| self.streams[port].shards.iter().any(Option::is_none);
        let counted = if combined && node.after.iter().any(failed) {
            Counted::Somehow
        } else {
            Counted::Exactly(Counts { read, passed: read, emitted: results, ..Counts::default() })
        };
        self.count(node, counted);
        self.streams.insert(node.name.clone(), stream);
    }

    /// Everything on the left is known before the first item on the right.
    fn join(&mut self, node: &Node, mut stream: Stream) {
        let left = moved(node, &[self.streams[&node.after[0]].clone()]);
        let mut counts = Counts::default();
        for ((shard, rows), left) in stream.shards.iter_mut().zip(&stream.rows).zip(&left.shards) {
            let mut sums = BTreeMap::<u64, (i64, u64)>::new();
            for item in items(left) {
                let (value, weight) = sums.entry(item.key).or_default();
                (*value, *weight) = (value.wrapping_add(item.value), *weight + item.weight);
            }
            let ends = items(left).count() as u64;
            let mut alone: BTreeMap<u64, (i64, u64)> = sums.clone();
            for chunk in shard.iter_mut().flatten() {
                counts.read += chunk.items.len() as u64;
                if chunk.row < ends {
                    chunk.items.clear();
                }
                for item in &mut chunk.items {
                    alone.remove(&item.key);
                    if let Some((value, weight)) = sums.get(&item.key) {
                        item.value = item.value.wrapping_mul(31).wrapping_add(*value);
                        item.weight += weight;
                    }
                }
            }
            let alone = alone.into_iter();
            let alone =
                alone.map(|(key, (value, weight))| Item { key, value, weight, note: "alone".to_owned() });
            shard.get_or_insert_default().push(Chunk { row: *rows, items: alone.collect() });
            counts.emitted += items(shard).count() as u64;
        }
        counts.passed = counts.read;
        self.count(node, Counted::Exactly(counts));
        self.streams.insert(node.name.clone(), stream);
    }

    fn write(&mut self, node: &Node, input: &Stream) {
        let written: Vec<Item> = input.shards.iter().flat_map(items).cloned().collect();
        let read = written.len() as u64;
        self.count(node, Counted::Exactly(Counts { read, passed: read, ..Counts::default() }));
        self.expected.written.insert(node.name.clone(), written);
    }
}
