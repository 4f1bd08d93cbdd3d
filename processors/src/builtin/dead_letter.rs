//! The record of an item that was given up.

use dyeline_derive::Record;

use crate::contract::{Context, DeadLetter, RecordType};

/// An item that was given up, as it leaves a node's `dead-letters` output.
#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[record(name = "DeadLetter")]
pub struct DeadLetterRecord {
    /// The job's id.
    pub job: String,
    /// The node that gave it up.
    pub node: String,
    /// The shard, from 0.
    pub shard: u32,
    /// The number in the shard of the first source row of the chunk it was in.
    pub row: u64,
    /// Its place in the chunk that the node took.
    pub index: u32,
    /// The error's class: `skip`, `retryable`, `panic`.
    pub class: String,
    /// Why it was given up.
    pub error: String,
    /// The item as a row of text.
    pub item: String,
}

impl DeadLetterRecord {
    /// What the context's node gave up.
    pub fn new(cx: &Context, letter: DeadLetter) -> Self {
        let DeadLetter { place, error, class, item } = letter;
        Self {
            job: cx.job().to_owned(),
            node: cx.node().to_owned(),
            shard: cx.shard(),
            row: place.row,
            index: place.index,
            class: class.to_owned(),
            error,
            item,
        }
    }
}

/// The registry entry of [`DeadLetterRecord`].
pub(super) fn dead_letter_type() -> RecordType {
    RecordType::of::<DeadLetterRecord>()
}
