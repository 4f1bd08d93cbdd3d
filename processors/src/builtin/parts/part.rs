//! One file of a sink's output, and what a sink leaves in its shards' checkpoints.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::contract::{Error, Result};

/// How the names of parts begin.
const PART: &str = "part-";

/// How the names of fragments begin, but for a shard's first one.
const FRAGMENT: &str = "fragment-";

/// One file of a sink's output, as checkpoints and manifests name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its path in the output folder: `<job>/part-…`.
    pub path: String,
    /// How many items it holds.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// xxh3-64 (seed 0) of its bytes, as 16 hexadecimal digits.
    pub xxh3: String,
}

/// What a sink leaves of a shard: with each checkpoint a fragment, at its end the part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Left {
    /// What was written between two checkpoints. Never published as such: the shard's part holds it.
    Fragment(Part),
    /// All that the shard wrote. At most one for each shard, after its fragments.
    Part(Part),
}

impl Left {
    /// What a checkpoint keeps.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }

    /// Reads what a checkpoint kept.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        let bad =
            |e: &dyn std::fmt::Display| Error::fatal(format!("read the name of a part in a checkpoint: {e}"));
        let left: Self = serde_json::from_slice(bytes).map_err(|e| bad(&e))?;
        let (Self::Fragment(file) | Self::Part(file)) = &left;
        file.job().map(|_| ()).ok_or_else(|| bad(&format!("`{}` is not the path of a part", file.path)))?;
        Ok(left)
    }

    /// The file.
    pub(super) fn file(&self) -> &Part {
        let (Self::Fragment(file) | Self::Part(file)) = self;
        file
    }
}

/// The name of fragment `number` of a shard. The first one is named as the part that it mostly is: few shards take
/// longer than the time between two checkpoints.
pub(super) fn fragment_name(shard: u32, number: usize, fence: u64, extension: &str) -> String {
    match number {
        0 => format!("{PART}{shard:06}-f{fence}.{extension}"),
        _ => format!("{FRAGMENT}{shard:06}-{number:06}-f{fence}.{extension}"),
    }
}

/// The name of a part that is joined of fragments.
pub(super) fn joined_name(shard: u32, fence: u64, extension: &str) -> String {
    format!("{PART}{shard:06}-joined-f{fence}.{extension}")
}

/// Whether a file in a job's folder is a sink's.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PART) || name.starts_with(FRAGMENT)
}

impl Part {
    /// The folder it is in, if its path is one that a sink makes: whatever a manifest says, nothing outside the output
    /// folder is touched.
    pub(super) fn job(&self) -> Option<&str> {
        let mut components = Path::new(&self.path).components();
        match (components.next()?, components.next()?, components.next()) {
            (Component::Normal(job), Component::Normal(name), None) if is_ours(name.to_str()?) => {
                job.to_str()
            }
            _ => None,
        }
    }
}

/// Whether a text names something in a folder, and nothing outside of it.
pub(super) fn is_name(text: &str) -> bool {
    let mut components = Path::new(text).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_of_the_folder_is_no_part() {
        let job = |path: &str| {
            let part = Part { path: path.to_owned(), rows: 0, bytes: 0, xxh3: String::new() };
            part.job().map(str::to_owned)
        };
        for name in [fragment_name(1, 0, 7, "csv"), fragment_name(1, 2, 7, "csv"), joined_name(1, 7, "csv")] {
            assert_eq!(job(&format!("01J9Z/{name}")).as_deref(), Some("01J9Z"));
        }
        for bad in
            ["part-1.csv", "/etc/part-1", "../part-1", "a/../part-1", "a/b/part-1", "a/manifest.json", ""]
        {
            assert_eq!(job(bad), None, "{bad}");
        }
    }
}
