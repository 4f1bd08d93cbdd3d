//! One file of a sink's output.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use crate::contract::{Error, Result};

/// How the names of parts begin.
pub(super) const PREFIX: &str = "part-";

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

impl Part {
    /// Reads what a checkpoint kept.
    pub(super) fn from_checkpoint(bytes: &[u8]) -> Result<Self> {
        let bad =
            |e: &dyn std::fmt::Display| Error::fatal(format!("read the name of a part in a checkpoint: {e}"));
        let part: Self = serde_json::from_slice(bytes).map_err(|e| bad(&e))?;
        part.job().map(|_| ()).ok_or_else(|| bad(&format!("`{}` is not the path of a part", part.path)))?;
        Ok(part)
    }

    /// The folder it is in, if its path is one that a [`super::PartWriter`] makes: whatever a manifest says, nothing
    /// outside the output folder is touched.
    pub(super) fn job(&self) -> Option<&str> {
        let mut components = Path::new(&self.path).components();
        match (components.next()?, components.next()?, components.next()) {
            (Component::Normal(job), Component::Normal(name), None) if name.to_str()?.starts_with(PREFIX) => {
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
        assert_eq!(job("01J9Z/part-000001.csv").as_deref(), Some("01J9Z"));
        for bad in
            ["part-1.csv", "/etc/part-1", "../part-1", "a/../part-1", "a/b/part-1", "a/manifest.json", ""]
        {
            assert_eq!(job(bad), None, "{bad}");
        }
    }
}
