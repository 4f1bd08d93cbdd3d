//! A chain as it is drawn: what both the chain file and the naive evaluator are made from.

use super::item::Rates;

/// A chain, its source, and what happens to it while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What all was drawn from.
    pub seed: u64,
    /// Rows of the source.
    pub rows: u64,
    /// Keys of the source.
    pub keys: u64,
    /// Shards of the source.
    pub shards: u32,
    /// Whether the source's keys ascend.
    pub sorted: bool,
    /// Rows that the loader makes at a time.
    pub step: u64,
    /// How often one place is tried again.
    pub retries: u32,
    /// Milliseconds between checkpoints.
    pub checkpoint_ms: u64,
    /// Attempts that run at once.
    pub slots: usize,
    /// The nodes behind the loader, producers before consumers.
    pub nodes: Vec<Node>,
    /// Ends of the process before the job's end.
    pub crashes: Vec<Crash>,
}

/// The process ends after some more changes of its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Calls that change something, since its start.
    pub after: u64,
    /// Whether what was not synced is lost too.
    pub power: bool,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it does.
    pub op: Op,
    /// Outputs it reads.
    pub after: Vec<String>,
    /// How items are moved before it.
    pub moves: Option<Moves>,
    /// The share of failed shards that it accepts, in percent.
    pub tolerates: Option<u32>,
    /// The items it may give up.
    pub skip: Option<u64>,
    /// Milliseconds that an attempt may run.
    pub timeout_ms: Option<u64>,
}

/// How items are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// By key into new shards.
    ByKey(u32),
    /// Into one shard.
    Gather,
    /// Not at all: they are sorted by key.
    Sorted,
}

/// What a node does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// One to one.
    Map(i64),
    /// One to none, by a divisor.
    Filter(u64),
    /// One to at most so many.
    Expand(u64),
    /// By value, to two outputs.
    Branch,
    /// A running sum.
    Running,
    /// One to one, asynchronous.
    Call(i64),
    /// Fails by item and attempt.
    Fail(u64, Rates),
    /// Fails by shard.
    Doom(u64),
    /// Sleeps in the first attempt at a shard; deaf to being stopped or not.
    Hang(u32, bool),
    /// Two inputs, told apart: puts a sum by key of the first to each item of the second, and at the end what met
    /// nothing.
    Join,
    /// An aggregate by key.
    Sum,
    /// Folds a shard; its state is saved or not.
    Fold(bool),
    /// Ends a stream.
    Write(Sink),
}

/// What a stream ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// CSV files.
    Csv,
    /// JSON Lines files.
    JsonLines,
    /// JSON Lines files of dead letters.
    DeadLetters,
}

impl Op {
    /// Whether it takes the items of a whole shard to give a result.
    #[must_use]
    pub fn reduces(&self) -> bool {
        matches!(self, Self::Sum | Self::Fold(_))
    }
}

impl Drawn {
    /// The nodes that write.
    pub fn sinks(&self) -> impl Iterator<Item = (&Node, Sink)> {
        self.nodes.iter().filter_map(|node| match node.op {
            Op::Write(sink) => Some((node, sink)),
            _ => None,
        })
    }
}
