//! The chain, launched as anybody would launch it, in a process of its own.

use std::path::Path;

use serde_json::Value;

use super::{child::Child, place::Place};
use crate::failure::{Failure, ResultExt as _};

/// A chain that runs.
pub(super) struct Chain {
    child: Child,
    items: u64,
}

/// How it ended: with all of its items.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChainEnded {
    /// Milliseconds from its submission to its end.
    pub elapsed_ms: u64,
    /// Attempts and items that were tried again.
    pub retried: u64,
}

impl Chain {
    /// Launches `chains/NAME.toml` on the batch's core.
    pub fn launch(place: &Place, name: &str, rules: &Path, items: u64) -> Result<Self, Failure> {
        let folder = place.folder.join(name);
        // What an earlier run left.
        let _ = std::fs::remove_dir_all(&folder);
        let path = |name: &str| folder.join(name).display().to_string();
        let file = format!("{}/chains/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let words = [
            ["launch".to_owned(), file],
            ["--data".to_owned(), path("state")],
            ["--output".to_owned(), "json".to_owned()],
            ["--rules".to_owned(), rules.display().to_string()],
            ["--param".to_owned(), format!("items={items}")],
            ["--param".to_owned(), format!("out={}", path("out"))],
        ];
        let child = Child::start(name, &words.concat(), place.cores.batch, &place.folder)?;
        Ok(Self { child, items })
    }

    /// Waits for its end.
    pub fn finish(self) -> Result<ChainEnded, Failure> {
        let document: Value = serde_json::from_str(&self.child.finish()?).why("read what the chain says")?;
        let written = document["nodes"]["write"]["passed"].as_u64();
        if written != Some(self.items) {
            let items = self.items;
            return Err(Failure::new(format!("the chain wrote {written:?} of {items} values: {document}")));
        }
        let elapsed_ms = document["elapsed_ms"].as_u64().unwrap_or_default();
        let retried = document["nodes"]["value"]["retried"].as_u64().unwrap_or_default();
        Ok(ChainEnded { elapsed_ms, retried })
    }
}
