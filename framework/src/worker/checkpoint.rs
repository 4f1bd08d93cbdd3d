//! A stage's checkpoint as it is logged.

use dyeline_processors::{Error, Result};
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

/// The version this program writes: 2 since the length of a number is in its first byte.
const VERSION: u32 = 2;

impl StageCheckpoint {
    /// A checkpoint of this version with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { version: VERSION, ..Self::default() }
    }

    /// Reads a checkpoint; one of another version would be misread.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let saved = Self::decode(bytes).map_err(|e| Error::fatal(e.to_string()))?;
        if saved.version != VERSION {
            let written = saved.version;
            return Err(Error::fatal(format!(
                "another version of this program wrote it (version {written} of the form, not {VERSION})"
            ))
            .with_help("end the job with the program that began it, or start a new one with --new"));
        }
        Ok(saved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_of_another_version_is_refused() {
        let mut saved = StageCheckpoint { cursor: vec![7], ..StageCheckpoint::empty() };
        assert_eq!(StageCheckpoint::read(&saved.encode_to_vec()).unwrap(), saved);
        saved.version = 1;
        let refused = StageCheckpoint::read(&saved.encode_to_vec()).unwrap_err().to_string();
        assert!(refused.contains("version 1 of the form, not 2"), "{refused}");
    }
}
