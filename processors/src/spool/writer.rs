//! Writes one output of a stage for one attempt.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    format::{MAGIC, Row, RowPlace, TOP},
    part::{SpoolName, SpoolPart, path_of},
};
use crate::{
    contract::{Chunk, Closed, RecordType, Result, error::ResultExt},
    disk::{Disk, DiskFile, SyncPoint, create_dir_all_durably, create_new_durably},
    spare::{Memory, Spare},
};

/// What is buffered before it goes to the file when there is one partition: stays in the cache.
const BUFFER_BYTES: usize = 512 << 10;
/// The same for each of several partitions, up to [`MAX_BUFFER_BYTES`] in all: blocks large enough to read singly.
const PARTITION_BYTES: usize = 64 << 10;
/// What all partitions buffer together; bounds the memory of a task.
const MAX_BUFFER_BYTES: usize = 8 << 20;
/// Items that are buffered at most, so that the counts of tiny items cannot overflow.
const MAX_BUFFERED_ITEMS: u64 = 1 << 24;
/// Small blocks are gathered to writes of this size.
const WRITE_BYTES: usize = 256 << 10;

/// How an output is cut into partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It is not: one partition.
    Whole,
    /// By the hash of a field.
    By {
        /// The field, by its place in the record.
        field: usize,
        /// How many partitions, at least 1.
        partitions: u32,
    },
}

impl Cut {
    /// How many partitions there are.
    pub fn partitions(self) -> u32 {
        match self {
            Self::Whole => 1,
            Self::By { partitions, .. } => partitions.max(1),
        }
    }
}

/// Writes one output of a stage for one attempt: a file between every two checkpoints, if there was anything to write.
/// Memory is bounded; what does not fit goes to the file early, as further blocks.
#[derive(Debug)]
pub struct SpoolWriter {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    name: SpoolName,
    record: RecordType,
    cut: Cut,
    buffers: Spare<Buffers>,
    counts: Vec<u32>,
    pending: u64,
    /// Bytes in the buffers.
    buffered: usize,
    segment: u32,
    open: Option<Segment>,
}

/// What waits for the file, by partition.
#[derive(Debug, Default)]
struct Buffers(Vec<Vec<u8>>);

impl Memory for Buffers {
    fn empty(&mut self) {
        self.0.iter_mut().for_each(Vec::clear);
    }
    fn bytes(&self) -> usize {
        self.0.iter().map(|buffer| buffer.capacity() + size_of::<Vec<u8>>()).sum()
    }
}

impl SpoolWriter {
    /// A writer into a job's spool folder, which is made if it is absent.
    pub fn new(disk: Arc<dyn Disk>, folder: &Path, name: SpoolName, record: RecordType, cut: Cut) -> Self {
        let partitions = cut.partitions() as usize;
        let mut buffers = Spare::<Buffers>::take();
        buffers.0.resize_with(partitions, Vec::new);
        Self {
            disk,
            folder: folder.to_owned(),
            name,
            record,
            cut,
            buffers,
            counts: vec![0; partitions],
            pending: 0,
            buffered: 0,
            segment: 0,
            open: None,
        }
    }

    /// Takes a copy of the items, and returns how many bytes it has.
    pub fn write(&mut self, items: &Chunk) -> Result<u64> {
        if items.is_empty() {
            return Ok(0);
        }
        match self.cut {
            Cut::Whole => {
                self.record.ops.encode(items, &mut self.buffers.0[0]);
                self.counts[0] += items.len() as u32;
            }
            Cut::By { field, .. } => {
                self.record.ops.partition(items, field, &mut self.buffers.0, &mut self.counts);
            }
        }
        self.pending += items.len() as u64;
        let before = self.buffered;
        self.buffered = self.buffers.0.iter().map(Vec::len).sum();
        let bytes = self.buffered - before;
        if self.is_full() {
            self.spill()?;
        }
        Ok(bytes as u64)
    }

    /// Closes what was written since the last time, if anything.
    pub fn close(&mut self) -> Result<Option<Closed>> {
        if self.pending == 0 && self.open.is_none() {
            return Ok(None);
        }
        self.spill()?;
        let Some(segment) = self.open.take() else { return Ok(None) };
        let folder = self.folder.clone();
        let disk = self.disk.clone();
        let (part, file) =
            segment.finish().context(format!("write the spool file `{}`", self.path().display()))?;
        self.segment += 1;
        let settle = Box::new(move || {
            let what = || format!("make the spool file `{part}` durable");
            file.sync(SyncPoint::SpoolSegment).context(what())?;
            disk.sync_dir(&folder, SyncPoint::SpoolFolder).context(what())
        });
        Ok(Some(Closed { part: part.encode(), settle }))
    }

    fn part(&self) -> SpoolPart {
        let partitions = self.cut.partitions();
        let schema = self.record.schema.hash();
        SpoolPart { name: self.name, segment: self.segment, partitions, items: 0, bytes: 0, schema }
    }

    fn path(&self) -> PathBuf {
        path_of(&self.folder, &self.part())
    }

    /// Depends on the items alone.
    fn is_full(&self) -> bool {
        let limit = (self.counts.len() * PARTITION_BYTES).clamp(BUFFER_BYTES, MAX_BUFFER_BYTES);
        self.buffered >= limit || self.pending >= MAX_BUFFERED_ITEMS
    }

    /// Appends a block for every partition that has something.
    fn spill(&mut self) -> Result<()> {
        if self.pending == 0 {
            return Ok(());
        }
        let path = self.path();
        let what = || format!("write the spool file `{}`", path.display());
        if self.open.is_none() {
            let make =
                |disk: &dyn Disk, folder: &Path| create_dir_all_durably(disk, folder, SyncPoint::SpoolHome);
            let file = create_new_durably(&*self.disk, &self.folder, &path, make).context(what())?;
            self.open = Some(Segment::new(file, self.part()));
        }
        let Some(segment) = &mut self.open else { return Ok(()) };
        let fair = MAX_BUFFER_BYTES.min(self.counts.len() * PARTITION_BYTES) / self.counts.len();
        for (partition, (buffer, count)) in self.buffers.0.iter_mut().zip(&mut self.counts).enumerate() {
            if *count == 0 {
                continue;
            }
            segment.block(partition as u32, buffer, u64::from(*count)).context(what())?;
            buffer.clear();
            // A partition that was large once must not keep its memory while others are.
            if buffer.capacity() > 8 * fair.max(BUFFER_BYTES) {
                buffer.shrink_to(fair);
            }
            *count = 0;
        }
        (self.pending, self.buffered) = (0, 0);
        Ok(())
    }
}

/// A file that is being written.
#[derive(Debug)]
struct Segment {
    file: Box<dyn DiskFile>,
    part: SpoolPart,
    salt: u64,
    /// What is not in the file yet.
    tail: Spare<Vec<u8>>,
    /// Where the tail begins.
    written: u64,
    /// The blocks of each partition.
    rows: Vec<Vec<Row>>,
}

impl Segment {
    fn new(file: Box<dyn DiskFile>, part: SpoolPart) -> Self {
        let (salt, rows) = (part.salt(), vec![Vec::new(); part.partitions as usize]);
        let mut tail = Spare::<Vec<u8>>::take();
        tail.extend_from_slice(MAGIC);
        Self { file, part, salt, tail, written: 0, rows }
    }

    fn at(&self) -> u64 {
        self.written + self.tail.len() as u64
    }

    fn block(&mut self, partition: u32, bytes: &[u8], items: u64) -> std::io::Result<()> {
        let rows = &self.rows[partition as usize];
        // Whether it stays the only one is not known yet: a partition's only block keeps the number 0 in its row.
        let place = RowPlace { salt: self.salt, partition, number: rows.len() as u64 };
        let row = Row::seal(bytes, place, self.at(), items, false);
        self.rows[partition as usize].push(row);
        self.part.items += items;
        self.append(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if bytes.len() >= WRITE_BYTES {
            self.flush()?;
            self.file.write_all_at(bytes, self.written)?;
            self.written += bytes.len() as u64;
            return Ok(());
        }
        self.tail.extend_from_slice(bytes);
        if self.tail.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.write_all_at(&self.tail, self.written)?;
        self.written += self.tail.len() as u64;
        self.tail.clear();
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<(SpoolPart, Box<dyn DiskFile>)> {
        let mut top = Vec::with_capacity(self.rows.len() * 32);
        let mut list = Vec::new();
        for (partition, rows) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            let place = RowPlace { salt: self.salt, partition: partition as u32, number: TOP };
            match rows.as_slice() {
                [] => Row::seal(&[], place, 0, 0, false).put(&mut top),
                [only] => only.put(&mut top),
                several => {
                    list.clear();
                    several.iter().for_each(|row| row.put(&mut list));
                    let items = several.iter().map(|row| row.items).sum();
                    Row::seal(&list, place, self.at(), items, true).put(&mut top);
                    self.append(&list)?;
                }
            }
        }
        self.append(&top)?;
        self.flush()?;
        self.part.bytes = self.written;
        Ok((self.part, self.file))
    }
}
