//! From a seed to a chain.

use crate::disk::Random;

use super::{
    item::Rates,
    model::{Crash, Drawn, Moves, Node, Op, Sink},
};

/// An output that nothing reads yet.
#[derive(Clone, Debug)]
struct Stream {
    port: String,
    /// Streams of one lineage have the same shards.
    lineage: usize,
    shards: u32,
    sorted: bool,
}

/// How often a place is tried again in chains that do not wait for a time-out.
const RETRIES: u32 = 3;

/// In chains that do, an attempt on a busy machine can be late many times.
const RETRIES_OF_LATE: u32 = 1_000;

/// An allowance that no drawn chain uses up.
const GENEROUS: u64 = 1_000_000;

struct Pen {
    random: Random,
    drawn: Drawn,
    streams: Vec<Stream>,
    lineages: usize,
    expanded: u32,
    failing: bool,
}

/// Draws a chain.
#[must_use]
pub fn draw(seed: u64) -> Drawn {
    let mut random = Random::new(seed);
    let large = random.chance(15);
    let rows = if random.chance(4) { 0 } else { random.below(if large { 30_000 } else { 5_000 }) };
    let drawn = Drawn {
        seed,
        rows,
        keys: [1, 7, 300, 3_000][random.below(4) as usize],
        shards: 1 + random.below(20) as u32,
        sorted: random.chance(40),
        step: [1, 100, 1_024, 5_000][random.below(4) as usize],
        retries: RETRIES,
        checkpoint_ms: 1 + random.below(12),
        slots: 1 + random.below(3) as usize,
        nodes: Vec::new(),
        crashes: Vec::new(),
    };
    let source = Stream { port: "load".into(), lineage: 0, shards: drawn.shards, sorted: drawn.sorted };
    let mut pen = Pen { random, drawn, streams: vec![source], lineages: 1, expanded: 0, failing: false };
    let late = pen.random.chance(8);
    if late {
        pen.drawn.retries = RETRIES_OF_LATE;
        pen.hang();
    }
    for _ in 0..2 + pen.random.below(7) {
        pen.step(late);
    }
    pen.end_streams();
    pen.crashes();
    pen.drawn
}

impl Pen {
    fn take(&mut self) -> Stream {
        let at = self.random.below(self.streams.len() as u64) as usize;
        self.streams.swap_remove(at)
    }

    /// Adds a node and returns its name.
    fn add(&mut self, op: Op, after: Vec<String>, moves: Option<Moves>) -> String {
        let name = format!("n{}", self.drawn.nodes.len());
        let node =
            Node { name: name.clone(), op, after, moves, tolerates: None, skip: None, timeout_ms: None };
        self.drawn.nodes.push(node);
        name
    }

    fn last(&mut self) -> Option<&mut Node> {
        self.drawn.nodes.last_mut()
    }

    fn step(&mut self, late: bool) {
        let stream = self.take();
        match self.random.below(20) {
            0 | 1 => self.one_to_one(stream),
            2 => self.plain(stream, Op::Filter(2 + self.drawn.seed % 3)),
            3 if self.expanded < 2 => {
                self.expanded += 1;
                let most = 1 + self.random.below(3);
                self.plain(stream, Op::Expand(most));
            }
            4 | 5 => self.branch(stream),
            6 => self.plain(stream, Op::Running),
            7..=10 => self.fail(stream, late),
            11 => self.exchange(stream),
            12..=14 => self.sum(stream),
            15 => self.fold(stream),
            16 => self.streams.extend([stream.clone(), stream]),
            17 | 18 => self.fan_in(stream),
            19 => self.doom(stream),
            _ => self.one_to_one(stream),
        }
    }

    fn plain(&mut self, stream: Stream, op: Op) {
        let port = self.add(op, vec![stream.port.clone()], None);
        self.streams.push(Stream { port, ..stream });
    }

    fn one_to_one(&mut self, stream: Stream) {
        let factor = 1 + self.random.below(9).cast_signed();
        let op = if self.random.chance(30) { Op::Call(factor) } else { Op::Map(factor) };
        self.plain(stream, op);
    }

    fn branch(&mut self, stream: Stream) {
        let name = self.add(Op::Branch, vec![stream.port.clone()], None);
        for port in ["even", "odd"] {
            self.streams.push(Stream { port: format!("{name}.{port}"), ..stream.clone() });
        }
    }

    fn fail(&mut self, stream: Stream, late: bool) {
        let skips = self.random.chance(70);
        let mut rate = |percent, rate| if self.random.chance(percent) { rate } else { 0 };
        let mut rates = Rates {
            skip: 0,
            flaky: rate(50, 60),
            panics: rate(40, 40),
            throttled: rate(40, 60),
            stubborn: 0,
        };
        if skips {
            rates.skip = [0, 400, 3_000][self.random.below(3) as usize];
            let stubborn = !late && self.random.chance(50);
            rates.stubborn = if stubborn { 40 } else { 0 };
        } else if !late && self.random.chance(15) {
            // Nobody allows it to be given up: the job fails.
            rates.stubborn = 10;
        }
        let limit = if self.random.chance(8) { self.random.below(10) } else { GENEROUS };
        let letters = skips && self.random.chance(70);
        let op = Op::Fail(self.random.draw() >> 1, rates);
        let name = self.add(op, vec![stream.port.clone()], None);
        if let Some(node) = self.last() {
            node.skip = skips.then_some(limit);
        }
        self.streams.push(Stream { port: name.clone(), ..stream });
        if letters {
            self.add(Op::Write(Sink::DeadLetters), vec![format!("{name}.dead-letters")], None);
        }
    }

    fn new_shards(&mut self) -> (Moves, u32) {
        if self.random.chance(25) {
            return (Moves::Gather, 1);
        }
        let shards = 1 + self.random.below(20) as u32;
        (Moves::ByKey(shards), shards)
    }

    fn moved(&mut self, op: Op, after: Vec<String>, sorted: bool) {
        let (moves, shards) = self.new_shards();
        let port = self.add(op, after, Some(moves));
        self.lineages += 1;
        // All single shards are one lineage to the planner; here they are not joined.
        self.streams.push(Stream { port, lineage: self.lineages, shards, sorted });
    }

    fn exchange(&mut self, stream: Stream) {
        let factor = 1 + self.random.below(9).cast_signed();
        self.moved(Op::Map(factor), vec![stream.port], false);
    }

    fn sum(&mut self, stream: Stream) {
        if stream.sorted && self.random.chance(60) {
            let port = self.add(Op::Sum, vec![stream.port.clone()], Some(Moves::Sorted));
            self.streams.push(Stream { port, ..stream });
        } else {
            self.moved(Op::Sum, vec![stream.port], true);
        }
    }

    fn fold(&mut self, stream: Stream) {
        let saved = self.random.chance(60);
        self.moved(Op::Fold(saved), vec![stream.port], false);
    }

    fn fan_in(&mut self, stream: Stream) {
        let same = |s: &Stream| s.lineage == stream.lineage && s.port != stream.port;
        let Some(at) = self.streams.iter().position(same) else {
            if self.streams.is_empty() || self.random.chance(50) {
                return self.diamond(stream);
            }
            // Of whatever shards, a join by key brings them together.
            let other = self.take();
            return self.moved(Op::Join, vec![stream.port, other.port], false);
        };
        let other = self.streams.swap_remove(at);
        self.join(stream, other);
    }

    /// A branch whose two ways meet again.
    fn diamond(&mut self, stream: Stream) {
        self.branch(stream);
        if let (Some(odd), Some(even)) = (self.streams.pop(), self.streams.pop()) {
            self.join(odd, even);
        }
    }

    fn join(&mut self, stream: Stream, other: Stream) {
        let after = vec![stream.port.clone(), other.port];
        if self.random.chance(40) {
            self.typed_join(&stream, after);
        } else if self.random.chance(25) {
            self.moved(Op::Sum, after, true);
        } else {
            let port = self.add(Op::Map(3), after, None);
            self.streams.push(Stream { port, sorted: false, ..stream });
        }
    }

    /// A join that tells its inputs apart, shard by shard or by key.
    fn typed_join(&mut self, stream: &Stream, after: Vec<String>) {
        if self.random.chance(50) {
            return self.moved(Op::Join, after, false);
        }
        let port = self.add(Op::Join, after, None);
        self.streams.push(Stream { port, sorted: false, ..stream.clone() });
    }

    /// Shards that fail for good, behind them a barrier that may tolerate it.
    fn doom(&mut self, stream: Stream) {
        if std::mem::replace(&mut self.failing, true) {
            return self.one_to_one(stream);
        }
        let shards = 3 + self.random.below(12) as u32;
        let seed = self.random.draw() >> 1;
        let doom = self.add(Op::Doom(seed), vec![stream.port], Some(Moves::ByKey(shards)));
        self.lineages += 1;
        let kept = Stream { port: doom, lineage: self.lineages, shards, sorted: false };
        if self.random.chance(50) {
            self.plain(kept, Op::Map(5));
        } else {
            self.moved(Op::Sum, vec![kept.port], true);
        }
        let percent = if self.random.chance(85) { 100 } else { 1 + self.random.below(40) as u32 };
        if let Some(node) = self.last() {
            node.tolerates = Some(percent);
        }
    }

    fn hang(&mut self) {
        let stream = self.take();
        let shard = self.random.below(u64::from(stream.shards)) as u32;
        let deaf = self.random.chance(10);
        self.plain(stream, Op::Hang(shard, deaf));
        if let Some(node) = self.last() {
            node.timeout_ms = Some(400);
        }
    }

    fn end_streams(&mut self) {
        for stream in std::mem::take(&mut self.streams) {
            let sink = if self.random.chance(70) { Sink::Csv } else { Sink::JsonLines };
            self.add(Op::Write(sink), vec![stream.port], None);
        }
    }

    fn crashes(&mut self) {
        if self.random.chance(35) {
            return;
        }
        for _ in 0..1 + self.random.below(3) {
            let scale = 8u64 << self.random.below(8);
            let crash = Crash { after: self.random.below(scale), power: self.random.chance(60) };
            self.drawn.crashes.push(crash);
        }
    }
}
