//! The folders of a chain's sinks as the disk knows them: no two of them may be one.

use std::{
    collections::BTreeMap,
    fs::canonicalize,
    path::{Path, PathBuf},
};

use dyeline_engine::plan::StageNode;

use super::LaunchError;
use crate::chain::code;

/// The folders seen so far, each with its node.
///
/// The chain was checked for equal paths before. A link or a `..` can lead two different ones to the same place, which
/// only the disk can tell, and only when both are there.
#[derive(Debug, Default)]
pub(super) struct Folders<'a>(BTreeMap<PathBuf, &'a str>);

impl<'a> Folders<'a> {
    /// Takes note of a folder that was prepared, unless it is another sink's: each would remove what the other wrote.
    pub(super) fn take(&mut self, node: &'a StageNode, folder: &Path) -> Result<(), LaunchError> {
        // What this disk cannot follow is told apart by its name.
        let place = canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        // A sink is met twice: where it writes, and where it publishes.
        let first = *self.0.entry(place.clone()).or_insert(&node.name);
        if first == node.name {
            return Ok(());
        }
        Err(LaunchError::Place {
            node: node.name.clone(),
            message: format!(
                "`{}` is the folder {}, into which node `{first}` writes already",
                folder.display(),
                place.display()
            ),
            code: Some(code::SHARED_FOLDER),
            help: Some("give each sink a folder of its own, such as one below this".to_owned()),
        })
    }
}
