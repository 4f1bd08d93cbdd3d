//! Reads a byte range in large pieces and decodes it into chunks.

use std::path::{Path, PathBuf};

use super::input::read_error;
use crate::{
    builtin::shards::FileRange,
    contract::{Chunk, Error, Result},
    disk::{Disk, DiskFile, Open, read_full_at},
    record::{MAX_ROW_BYTES, RowReject, TextDecoder},
    spare::Spare,
};

/// What is read at a time: few calls, and it stays in the cache between being read and being decoded.
const READ_BYTES: usize = 256 << 10;

/// The rows of a byte range, as a decoder understands them.
pub(super) struct RowReader {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    end: u64,
    decoder: Box<dyn TextDecoder>,
    buffer: Spare<Vec<u8>>,
    /// Where the rows that were not decoded yet begin in the buffer.
    at: usize,
    /// Where what was read ends in the buffer.
    filled: usize,
    /// Where that is in the file.
    read_to: u64,
    /// Rows decoded.
    row: u64,
}

/// One chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded {
    /// Its first row's number in the range.
    pub(super) first_row: u64,
    /// Its rows, rejected ones included.
    pub(super) rows: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Whether there is anything behind it.
    pub(super) more: bool,
}

impl RowReader {
    /// A reader from `offset`, where row number `row` begins.
    pub(super) fn open(
        disk: &dyn Disk,
        range: &FileRange,
        decoder: Box<dyn TextDecoder>,
        offset: u64,
        row: u64,
    ) -> Result<Self> {
        if !(range.start..=range.end).contains(&offset) {
            let (path, start, end) = (range.path.display(), range.start, range.end);
            return Err(Error::fatal(format!(
                "resume in `{path}` at byte {offset}: the shard is {start}..{end}"
            )));
        }
        let file = disk.open(&range.path, Open::Read).map_err(|e| read_error(&range.path, &e))?;
        Ok(Self {
            path: range.path.clone(),
            file,
            end: range.end,
            decoder,
            buffer: Spare::take(),
            at: 0,
            filled: 0,
            read_to: offset,
            row,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the next row begins in the file, and its number.
    pub(super) fn place(&self) -> (u64, u64) {
        (self.read_to - self.left() as u64, self.row)
    }

    fn left(&self) -> usize {
        self.filled - self.at
    }

    /// Decodes rows until `room` of them are read or the range ends. Rejected rows come with their offset in the file
    /// and their number among the rows of this call.
    pub(super) fn fill(
        &mut self,
        room: usize,
        out: &mut Chunk,
        rejects: &mut Vec<RowReject>,
    ) -> Result<Loaded> {
        let (first, first_row) = self.place();
        let mut rows = 0;
        loop {
            let last = self.read_to >= self.end;
            let known = rejects.len();
            let decoded =
                self.decoder.decode(&self.buffer[self.at..self.filled], last, room - rows, out, rejects);
            let (start, _) = self.place();
            for reject in &mut rejects[known..] {
                // Offsets in files of more than 2^32 bytes need 64 bits, which `usize` has wherever this runs.
                reject.offset += start as usize;
                reject.row += rows;
            }
            self.at += decoded.consumed;
            rows += decoded.rows;
            self.row += decoded.rows as u64;
            if rows == room || last {
                break;
            }
            self.read_on(decoded.consumed == 0)?;
        }
        let (next, _) = self.place();
        Ok(Loaded { first_row, rows: rows as u64, bytes: next - first, more: next < self.end })
    }

    /// Reads behind what is left. A row that did not fit gets twice the room, up to the longest row there may be.
    fn read_on(&mut self, stuck: bool) -> Result<()> {
        let kept = self.left();
        self.buffer.copy_within(self.at..self.filled, 0);
        (self.at, self.filled) = (0, kept);
        let want = if stuck { kept.clamp(READ_BYTES, MAX_ROW_BYTES + READ_BYTES) } else { READ_BYTES };
        let want = want.min(usize::try_from(self.end - self.read_to).unwrap_or(usize::MAX));
        let end = kept + want;
        // Filled with zeros only where it grows.
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let read = read_full_at(&*self.file, &mut self.buffer[kept..end], self.read_to)
            .map_err(|e| read_error(&self.path, &e))?;
        self.filled += read;
        self.read_to += read as u64;
        if read < want {
            let (path, end) = (self.path.display(), self.end);
            let message = format!("read `{path}`: it ends at byte {}, its shards go to {end}", self.read_to);
            return Err(Error::fatal(message)
                .with_code("dyeline::csv::changed_file")
                .with_help("something shortened the file while the job was running: start a new job"));
        }
        Ok(())
    }
}
