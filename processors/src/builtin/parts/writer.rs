//! Writes what one attempt has of a shard: a fragment with each checkpoint, the part at the end.

use std::path::{Path, PathBuf};

use super::{
    file::NewFile,
    join::join,
    part::{Left, Part, fragment_name},
};
use crate::{
    contract::{Closed, Context, Result},
    disk::SyncPoint,
};

/// What is gathered before it is written: large enough that the calls do not count.
pub(super) const BUFFER_BYTES: usize = 256 << 10;

/// Writes the fragments and the part of one shard, in one attempt.
pub(super) struct PartWriter {
    root: PathBuf,
    /// Without the dot.
    extension: &'static str,
    /// What every part begins with.
    header: Vec<u8>,
    /// What has not been appended to the open fragment yet.
    buffer: Vec<u8>,
    open: Option<NewFile>,
    /// What checkpoints have closed of the shard, in this attempt and in those before.
    fragments: Vec<Part>,
}

impl PartWriter {
    /// A writer into an output folder.
    pub(super) fn new(root: &Path, extension: &'static str, header: Vec<u8>) -> Self {
        let (buffer, fragments) = (Vec::new(), Vec::new());
        Self { root: root.to_owned(), extension, header, buffer, open: None, fragments }
    }

    /// The output folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Starts an attempt at a shard of which checkpoints have closed so much.
    pub(super) fn open(&mut self, closed: &[&[u8]]) -> Result<()> {
        let closed = closed.iter().map(|left| Ok(Left::decode(left)?.file().clone()));
        self.fragments = closed.collect::<Result<_>>()?;
        self.open = None;
        self.buffer.clear();
        Ok(())
    }

    /// Writes items that `fill` appends to the buffer, and returns how many bytes they and, if they are the first of the
    /// shard, its header took.
    pub(super) fn write(&mut self, rows: u64, cx: &Context, fill: impl FnOnce(&mut Vec<u8>)) -> Result<u64> {
        let mut before = self.buffer.len();
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                before = 0;
                self.buffer.clear();
                if self.fragments.is_empty() {
                    self.buffer.extend_from_slice(&self.header);
                }
                let name = fragment_name(cx.shard(), self.fragments.len(), cx.fence(), self.extension);
                self.open.insert(NewFile::create(&self.root, &name, cx)?)
            }
        };
        fill(&mut self.buffer);
        let bytes = (self.buffer.len() - before) as u64;
        open.count(rows);
        if self.buffer.len() >= BUFFER_BYTES {
            open.append(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(bytes)
    }

    /// Closes a fragment with what was written since the last checkpoint, if anything.
    pub(super) fn close(&mut self) -> Result<Option<Closed>> {
        let Some(file) = self.take()? else { return Ok(None) };
        let fragment = file.part();
        self.fragments.push(fragment.clone());
        written(Left::Fragment(fragment), file)
    }

    /// Leaves the part of a shard that has ended, if anything was written: its only fragment, or all of them joined.
    pub(super) fn finish(&mut self, cx: &Context) -> Result<Option<Closed>> {
        let last = self.take()?;
        let mut fragments = std::mem::take(&mut self.fragments);
        match (last, fragments.as_slice()) {
            (None, []) => Ok(None),
            // A checkpoint made it durable already.
            (None, [only]) => closed(Left::Part(only.clone()), || Ok(())),
            (Some(file), []) => written(Left::Part(file.part()), file),
            (last, _) => {
                // The last one is read back before it is durable; that it need not become.
                fragments.extend(last.map(|file| file.part()));
                let joined = join(&self.root, &fragments, self.extension, cx)?;
                closed(Left::Part(joined.part()), move || joined.settle(|f| f.sync(SyncPoint::SinkJoin)))
            }
        }
    }

    /// The open fragment, with all that belongs to it.
    fn take(&mut self) -> Result<Option<NewFile>> {
        if let Some(open) = &mut self.open {
            open.append(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(self.open.take())
    }
}

/// A fragment, or a part that needed no joining.
fn written(left: Left, file: NewFile) -> Result<Option<Closed>> {
    closed(left, move || file.settle(|f| f.sync(SyncPoint::SinkPart)))
}

fn closed(left: Left, settle: impl FnOnce() -> Result<()> + Send + 'static) -> Result<Option<Closed>> {
    Ok(Some(Closed { part: left.encode()?, settle: Box::new(settle) }))
}
