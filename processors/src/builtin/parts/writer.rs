//! Writes the parts of one attempt: one between every two checkpoints, if there was anything to write.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use xxhash_rust::xxh3::Xxh3Default;

use super::{
    part::{PREFIX, Part},
    publish::{make_folder, unwritable},
};
use crate::{
    contract::{Closed, Context, Error, Result, error::ResultExt},
    disk::{Disk, DiskFile, SyncPoint, create_new_durably},
};

/// What is gathered before it is written: large enough that the calls do not count.
const BUFFER_BYTES: usize = 256 << 10;

/// Writes the parts of one attempt.
pub(in crate::builtin) struct PartWriter {
    root: PathBuf,
    /// Without the dot.
    extension: &'static str,
    /// What every part begins with.
    header: Vec<u8>,
    /// Absent before [`PartWriter::open`].
    attempt: Option<Attempt>,
    buffer: Vec<u8>,
    open: Option<OpenPart>,
    /// The row that the last part began with, and how many parts did so: what a node makes at its end has no rows of
    /// its own.
    last: Option<(u64, u32)>,
}

struct Attempt {
    disk: Arc<dyn Disk>,
    job: String,
    shard: u32,
    fence: u64,
}

struct OpenPart {
    file: Box<dyn DiskFile>,
    /// `<job>/part-…`
    path: String,
    rows: u64,
    /// What is in the file; the rest is in the buffer.
    written: u64,
    hash: Xxh3Default,
}

impl PartWriter {
    /// A writer into an output folder.
    pub(in crate::builtin) fn new(root: &Path, extension: &'static str, header: Vec<u8>) -> Self {
        Self {
            root: root.to_owned(),
            extension,
            header,
            attempt: None,
            buffer: Vec::new(),
            open: None,
            last: None,
        }
    }

    /// The output folder.
    pub(in crate::builtin) fn root(&self) -> &Path {
        &self.root
    }

    /// Starts an attempt.
    pub(in crate::builtin) fn open(&mut self, cx: &Context) {
        let (disk, job) = (cx.disk().clone(), cx.job().to_owned());
        self.attempt = Some(Attempt { disk, job, shard: cx.shard(), fence: cx.fence() });
        (self.open, self.last) = (None, None);
        self.buffer.clear();
    }

    /// Writes items that `fill` appends to the buffer, and returns how many bytes they and, if they are the first of
    /// a part, its header took. `first_row` is the number of the source row they began with; it makes the part's name.
    pub(in crate::builtin) fn write(
        &mut self,
        first_row: u64,
        rows: u64,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64> {
        if self.open.is_none() {
            self.start(first_row)?;
        }
        let before = if self.open.as_ref().is_some_and(|o| o.rows == 0) { 0 } else { self.buffer.len() };
        fill(&mut self.buffer);
        let bytes = (self.buffer.len() - before) as u64;
        let Some(open) = &mut self.open else { return Ok(bytes) };
        open.rows += rows;
        if self.buffer.len() >= BUFFER_BYTES {
            open.append(&mut self.buffer)
                .context(format!("write `{}`", self.root.join(&open.path).display()))?;
        }
        Ok(bytes)
    }

    fn start(&mut self, first_row: u64) -> Result<()> {
        let Some(Attempt { disk, job, shard, fence }) = &self.attempt else {
            return Err(Error::fatal("write a part: the sink was not opened"));
        };
        let same = self.last.filter(|(row, _)| *row == first_row).map_or(0, |(_, same)| same + 1);
        self.last = Some((first_row, same));
        let again = if same == 0 { String::new() } else { format!("-{same}") };
        let path = format!("{job}/{PREFIX}{shard:06}-{first_row:012}{again}-f{fence}.{}", self.extension);
        let full = self.root.join(&path);
        let file = create_new_durably(&**disk, &self.root.join(job), &full, make_folder)
            .map_err(|e| unwritable(&full, &e, "create the part"))?;
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.header);
        self.open = Some(OpenPart { file, path, rows: 0, written: 0, hash: Xxh3Default::new() });
        Ok(())
    }

    /// Closes what was written since the last time, if anything.
    pub(in crate::builtin) fn close(&mut self) -> Result<Option<Closed>> {
        let (Some(mut open), Some(attempt)) = (self.open.take(), &self.attempt) else { return Ok(None) };
        let full = self.root.join(&open.path);
        open.append(&mut self.buffer).context(format!("write `{}`", full.display()))?;
        let xxh3 = format!("{:016x}", open.hash.digest());
        let part = Part { path: open.path, rows: open.rows, bytes: open.written, xxh3 };
        let (disk, folder, file) = (attempt.disk.clone(), self.root.join(&attempt.job), open.file);
        let settle = Box::new(move || {
            let what = || format!("make the part `{}` durable", full.display());
            file.sync(SyncPoint::SinkPart).context(what())?;
            disk.sync_dir(&folder, SyncPoint::SinkFolder).context(what())
        });
        Ok(Some(Closed { part: serde_json::to_vec(&part)?, settle }))
    }
}

impl OpenPart {
    fn append(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.file.write_all_at(buffer, self.written)?;
        self.hash.update(buffer);
        self.written += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }
}
