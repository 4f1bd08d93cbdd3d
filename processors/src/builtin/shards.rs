//! What describes one shard; travels through the log, as JSON.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::{Param, ParamError};

/// The most shards of a job: each is a task in the engine's memory.
pub const MAX_SHARDS: u32 = 100_000;

/// Whole rows of a CSV file, by byte range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRange {
    /// The file.
    pub path: PathBuf,
    /// Where the first row begins.
    pub start: u64,
    /// Behind the last row.
    pub end: u64,
    /// The file's header line as it stands there, since a range does not begin with it; absent if the columns are the
    /// record's fields in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stands between two fields.
    pub delimiter: char,
}

/// Some entries of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListShard {
    /// The entries, in the order of the list.
    pub items: Vec<String>,
}

/// Whole numbers from `from` up to, but without, `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRange {
    /// The first.
    pub from: i64,
    /// Behind the last.
    pub to: i64,
}

/// All keys whose hash leaves this residue: `hash % shards == residue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashShard {
    /// The residue, from 0.
    pub residue: u32,
    /// How many shards there are.
    pub shards: u32,
}

impl HashShard {
    /// Whether a key belongs to the shard: xxh3-64 (seed 0) of its bytes, which other languages can compute too.
    pub fn holds(&self, key: &[u8]) -> bool {
        xxhash_rust::xxh3::xxh3_64(key) % u64::from(self.shards.max(1)) == u64::from(self.residue)
    }
}

/// A number of shards, from 1 to [`MAX_SHARDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardCount(u32);

impl ShardCount {
    /// What splitters make if they are not told: enough to keep the cores of a large machine busy to the end.
    pub const SOME: Self = Self(64);

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Param for ShardCount {
    fn kind() -> String {
        "integer".into()
    }

    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match u32::from_value(value) {
            Ok(n) if (1..=MAX_SHARDS).contains(&n) => Ok(Self(n)),
            _ => Err(ParamError::new("a number of shards from 1 to 100,000", value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shard_count_names_its_limit() {
        let count = |v: Value| ShardCount::from_value(&v).map(ShardCount::get).map_err(|e| e.to_string());
        assert_eq!(count(json!(1)), Ok(1));
        assert_eq!(count(json!("64")), Ok(64));
        assert_eq!(count(json!(100_000)), Ok(100_000));
        for bad in [json!(0), json!(1_000_000), json!(-1), json!(1.5), json!("many")] {
            let error = count(bad.clone()).unwrap_err();
            assert!(error.starts_with("expected a number of shards from 1 to 100,000, found "), "{error}");
        }
    }

    #[test]
    fn every_key_belongs_to_one_hash_shard() {
        for key in 0..1000u32 {
            let holders =
                (0..7).filter(|r| HashShard { residue: *r, shards: 7 }.holds(&key.to_le_bytes())).count();
            assert_eq!(holders, 1);
        }
    }
}
