//! A stage's checkpoint as it is logged.

use prost::Message;

/// Where a shard goes on: the source's cursor and the state of the nodes that have any.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct StageCheckpoint {
    /// The version of this form.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// The cursor of the loader, or of the reader of the spool.
    #[prost(bytes = "vec", tag = "2")]
    pub cursor: Vec<u8>,
    /// What nodes remember, by their place in the stage.
    #[prost(message, repeated, tag = "3")]
    pub states: Vec<MemberState>,
    /// Items each node has given up so far in this shard.
    #[prost(uint64, repeated, tag = "4")]
    pub given_up: Vec<u64>,
}

/// What one node remembers.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct MemberState {
    /// Its place in the stage.
    #[prost(uint32, tag = "1")]
    pub member: u32,
    /// As the node wrote it.
    #[prost(bytes = "vec", tag = "2")]
    pub bytes: Vec<u8>,
}

/// The version this program writes.
pub(crate) const VERSION: u32 = 1;
