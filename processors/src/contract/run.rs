//! What happens to one item after another: counts, places, and the decision to give an item up.

use super::{Class, Context, Error};

/// What a node did with its items. At a job's end, read = passed + filtered + skipped + dead-lettered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeCounts {
    /// Items taken.
    pub read: u64,
    /// Items that went on, or were taken into a state or a result, or written.
    pub passed: u64,
    /// Items that led to nothing, without an error.
    pub filtered: u64,
    /// Items given up.
    pub skipped: u64,
    /// Items given up and kept as dead letters.
    pub dead_lettered: u64,
    /// Items made.
    pub emitted: u64,
    /// Bytes read from outside or the spool.
    pub bytes_in: u64,
    /// Bytes written to outside or the spool.
    pub bytes_out: u64,
}

impl NodeCounts {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.passed += other.passed;
        self.filtered += other.filtered;
        self.skipped += other.skipped;
        self.dead_lettered += other.dead_lettered;
        self.emitted += other.emitted;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

/// A place in the work of a shard, the same in every attempt: ordered as the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemPlace {
    /// The number in the shard of the first source row of the chunk.
    pub row: u64,
    /// The node, by its place in the stage.
    pub node: u32,
    /// The item, by its place in the chunk that the node took.
    pub index: u32,
}

/// An item that was given up, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where it was given up.
    pub place: ItemPlace,
    /// Why.
    pub error: String,
    /// The error's class: `skip`, `retryable`, `panic`.
    pub class: &'static str,
    /// The item as a row of text.
    pub item: String,
}

/// Why a chunk could not be finished.
#[derive(Debug)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// Whether it was a panic.
    pub panicked: bool,
    /// The item it happened at, if it happened at one.
    pub place: Option<ItemPlace>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, panicked: false, place: None }
    }
}

/// What the chain says about a node's bad items.
#[derive(Clone, Debug, Default)]
pub struct ItemPolicy {
    /// The most items that may be given up in the whole job; `None`: not one.
    pub skip_limit: Option<u64>,
    /// Whether items given up go to a dead-letter output.
    pub dead_letters: bool,
    /// Items that used up their retries, with the last error: they are given up without being tried again.
    pub exhausted: Vec<(ItemPlace, String)>,
}

/// One node's run over its chunks.
#[derive(Debug)]
pub struct ItemRun {
    /// The attempt.
    pub cx: Context,
    /// The node, by its place in the stage.
    pub node: u32,
    /// The number in the shard of the first source row of the current chunk.
    pub row: u64,
    /// What was done since the last checkpoint.
    pub counts: NodeCounts,
    /// What the chain says about bad items.
    pub policy: ItemPolicy,
    /// Items given up in this chunk, if there is an output for them.
    pub dead_letters: Vec<DeadLetter>,
    /// Items given up by this attempt.
    pub given_up: u64,
}

impl ItemRun {
    /// A run at the start of a shard, or at a checkpoint.
    pub fn new(cx: Context, node: u32, policy: ItemPolicy) -> Self {
        let (row, counts, dead_letters) = (0, NodeCounts::default(), Vec::new());
        Self { cx, node, row, counts, policy, dead_letters, given_up: 0 }
    }

    /// The place of an item of the current chunk.
    pub fn place(&self, index: usize) -> ItemPlace {
        ItemPlace { row: self.row, node: self.node, index: index as u32 }
    }

    /// Whether some item of the current chunk must be given up without being tried.
    pub fn any_exhausted(&self) -> bool {
        self.policy.exhausted.iter().any(|(p, _)| p.row == self.row && p.node == self.node)
    }

    /// The last error of an item that used up its retries.
    pub fn exhausted(&self, index: usize) -> Option<&str> {
        let place = self.place(index);
        self.policy.exhausted.iter().find(|(p, _)| *p == place).map(|(_, error)| error.as_str())
    }

    /// Whether an item that fails may have to be shown, so that a copy of it must be kept.
    pub fn keeps_items(&self) -> bool {
        self.policy.dead_letters
    }

    /// Decides about an item that failed: `Ok` if it is given up and the next one may follow.
    pub fn item_failed(
        &mut self,
        index: usize,
        error: Error,
        item: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let place = self.place(index);
        match error.class() {
            Class::Skip => self.give_up(place, &error.to_string(), "skip", item),
            _ => Err(Failure { error, panicked: false, place: Some(place) }),
        }
    }

    /// Gives up an item that used up its retries.
    pub fn give_up_exhausted(&mut self, index: usize, item: impl FnOnce() -> String) -> Result<(), Failure> {
        let error = self.exhausted(index).unwrap_or_default().to_owned();
        self.give_up(self.place(index), &error, "retryable", item)
    }

    fn give_up(
        &mut self,
        place: ItemPlace,
        error: &str,
        class: &'static str,
        item: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let Some(limit) = self.policy.skip_limit else {
            let message = format!("{error} (the node has no `skip`, so that one bad item ends the job)");
            return Err(Failure { error: Error::fatal(message), panicked: false, place: Some(place) });
        };
        self.given_up += 1;
        if self.given_up > limit {
            let message =
                format!("{error} (item {} to be skipped, the node's limit is {limit})", self.given_up);
            return Err(Failure { error: Error::fatal(message), panicked: false, place: Some(place) });
        }
        if self.policy.dead_letters {
            self.counts.dead_lettered += 1;
            self.dead_letters.push(DeadLetter { place, error: error.to_owned(), class, item: item() });
        } else {
            self.counts.skipped += 1;
        }
        Ok(())
    }
}
