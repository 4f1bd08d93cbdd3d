//! A file of a sink while it is written.

use std::{io, path::PathBuf};

use xxhash_rust::xxh3::Xxh3Default;

use super::{
    part::Part,
    publish::{make_folder, unwritable},
};
use crate::{
    contract::{Context, Result, error::ResultExt},
    disk::{DiskFile, SyncPoint, create_new_durably},
};

/// A file that an attempt has begun, in the folder of its job.
pub(super) struct NewFile {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    cx: Context,
    /// What is in it so far; its hash is taken at the end.
    part: Part,
    hash: Xxh3Default,
}

impl NewFile {
    /// Makes a file of this name; it must not exist.
    pub(super) fn create(root: &std::path::Path, name: &str, cx: &Context) -> Result<Self> {
        let folder = root.join(cx.job());
        let path = folder.join(name);
        let file = create_new_durably(&**cx.disk(), &folder, &path, make_folder)
            .map_err(|e| unwritable(&path, &e, "create the part"))?;
        let part = Part { path: format!("{}/{name}", cx.job()), rows: 0, bytes: 0, xxh3: String::new() };
        Ok(Self { file, path, cx: cx.clone(), part, hash: Xxh3Default::new() })
    }

    /// Counts rows whose bytes were or will be appended.
    pub(super) fn count(&mut self, rows: u64) {
        self.part.rows += rows;
    }

    /// Appends bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all_at(bytes, self.part.bytes);
        written.context(format!("write `{}`", self.path.display()))?;
        self.hash.update(bytes);
        self.part.bytes += bytes.len() as u64;
        Ok(())
    }

    /// What it is, now that nothing is appended any more.
    pub(super) fn part(&self) -> Part {
        Part { xxh3: format!("{:016x}", self.hash.digest()), ..self.part.clone() }
    }

    /// Makes it durable, content and name. `sync` is the sync of its content, at the caller's own point.
    pub(super) fn settle(self, sync: impl FnOnce(&dyn DiskFile) -> io::Result<()>) -> Result<()> {
        let what = || format!("make the part `{}` durable", self.path.display());
        sync(&*self.file).context(what())?;
        let folder = self.path.parent().unwrap_or(&self.path);
        self.cx.disk().sync_dir(folder, SyncPoint::SinkFolder).context(what())
    }
}
