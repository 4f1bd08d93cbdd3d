//! Reads what other tasks wrote across a cut, in the order of their shards and checkpoints.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    format::{ROW_BYTES, Row, RowPlace, TOP},
    part::{SpoolPart, path_of, put_varint, take_varint},
};
use crate::{
    contract::{Chunk, Error, NodeCounts, RecordType, Result, error::ResultExt},
    disk::{Disk, DiskFile, Open, read_full_at},
    spare::Spare,
};

/// What arrives at one port of a stage's first node.
#[derive(Clone, Debug)]
pub struct SpoolInput {
    /// The port.
    pub port: u32,
    /// What was written.
    pub record: RecordType,
    /// Which partition to read; 0 of an output that is not partitioned.
    pub partition: u32,
    /// The files, in the order in which they are read.
    pub parts: Vec<SpoolPart>,
}

/// Reads the inputs one after the other. Chunks are full but for the last of an input, whatever the files' bounds, so
/// that they depend on the numbers of items alone.
#[derive(Debug)]
pub struct SpoolReader {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    inputs: Vec<SpoolInput>,
    chunk_rows: usize,
    input: usize,
    /// The next part of the input that is not open yet.
    part: usize,
    open: Option<OpenPart>,
    /// Items handed out of the current input: with its number, the cursor.
    items: u64,
    bytes: Spare<Vec<u8>>,
    /// Where the rest of the current block begins in `bytes`.
    at: usize,
    /// Items in that rest.
    rest: u64,
}

/// A partition of a file.
#[derive(Debug)]
struct OpenPart {
    file: Box<dyn DiskFile>,
    part: SpoolPart,
    /// The blocks that are still to be read, the next one last.
    blocks: Vec<(u64, Row)>,
}

impl SpoolReader {
    /// A reader at the beginning. Fails if a file holds other records than its input expects.
    pub fn new(
        disk: Arc<dyn Disk>,
        folder: &Path,
        inputs: Vec<SpoolInput>,
        chunk_rows: usize,
    ) -> Result<Self> {
        for input in &inputs {
            let schema = input.record.schema.hash();
            if let Some(part) = input.parts.iter().find(|p| p.schema != schema) {
                let wanted = input.record.schema.text();
                let message =
                    format!("read the spool file `{part}`: it does not hold `{wanted}`; the record changed");
                return Err(Error::fatal(message));
            }
            if let Some(part) = input.parts.iter().find(|p| input.partition >= p.partitions) {
                let (have, want) = (part.partitions, input.partition);
                let message = format!("read partition {want} of the spool file `{part}`: it has {have}");
                return Err(Error::fatal(message));
            }
        }
        Ok(Self {
            disk,
            folder: folder.to_owned(),
            inputs,
            chunk_rows: chunk_rows.max(1),
            input: 0,
            part: 0,
            open: None,
            items: 0,
            bytes: Spare::take(),
            at: 0,
            rest: 0,
        })
    }

    /// The port that the next chunk arrives at; `None` when everything was read.
    pub fn port(&mut self) -> Option<u32> {
        while let Some(input) = self.inputs.get(self.input) {
            if self.rest > 0 || self.open.is_some() || self.part < input.parts.len() {
                return Some(input.port);
            }
            self.input += 1;
            (self.part, self.items) = (0, 0);
        }
        None
    }

    /// An empty chunk of what arrives at a port.
    pub fn chunk(&self, port: u32) -> Chunk {
        let input = self.inputs.iter().find(|i| i.port == port);
        input.map_or_else(|| Chunk::new::<()>(0), |i| i.record.ops.chunk(self.chunk_rows))
    }

    /// Replaces what `out` holds by the next items that arrive at [`SpoolReader::port`]: a full chunk, fewer at the
    /// end of an input, none if nothing of it is left. `false` when everything was read. Counts the bytes; what the
    /// items count as is the caller's business.
    pub fn load(&mut self, out: &mut Chunk, counts: &mut NodeCounts) -> Result<bool> {
        out.clear();
        if self.port().is_none() {
            return Ok(false);
        }
        while out.len() < self.chunk_rows {
            if !self.advance()? {
                self.input += 1;
                (self.part, self.items) = (0, 0);
                break;
            }
            let count = self.rest.min((self.chunk_rows - out.len()) as u64);
            counts.bytes_in += self.decode(count, out)?;
        }
        Ok(self.port().is_some())
    }

    /// Appends the place behind the last chunk.
    pub fn save(&self, cursor: &mut Vec<u8>) {
        put_varint(cursor, self.input as u64);
        put_varint(cursor, self.items);
    }

    /// Goes to a place that [`SpoolReader::save`] told, in the same inputs.
    pub fn resume(&mut self, mut cursor: &[u8]) -> Result<()> {
        let place = (take_varint(&mut cursor), take_varint(&mut cursor));
        let ((Some(input), Some(items)), true) = (place, cursor.is_empty()) else {
            return Err(Error::fatal(
                "resume from the spool: the checkpoint's cursor is not one of a spool reader",
            ));
        };
        self.input = input as usize;
        (self.part, self.items, self.open, self.rest) = (0, 0, None, 0);
        self.skip(items)
    }

    /// Passes over items of the current input without handing them out.
    fn skip(&mut self, items: u64) -> Result<()> {
        let past =
            || Error::fatal("resume from the spool: the checkpoint's cursor is behind the end of its input");
        let mut left = items;
        while left > 0 {
            if self.inputs.get(self.input).is_none() || !self.advance_over(&mut left)? {
                return Err(past());
            }
            let count = self.rest.min(left).min(self.chunk_rows as u64);
            if count > 0 {
                let mut scratch = self.inputs[self.input].record.ops.chunk(count as usize);
                self.decode(count, &mut scratch)?;
                left -= count;
            }
        }
        self.items = items;
        Ok(())
    }

    /// Like [`SpoolReader::advance`], but passes over whole blocks as long as no more than `left` items are in them.
    fn advance_over(&mut self, left: &mut u64) -> Result<bool> {
        loop {
            if self.rest > 0 {
                return Ok(true);
            }
            if !self.open_next()? {
                return Ok(false);
            }
            let Some(open) = &mut self.open else { continue };
            match open.blocks.last() {
                Some((_, row)) if row.items <= *left => {
                    *left -= row.items;
                    open.blocks.pop();
                    if *left == 0 {
                        return Ok(true);
                    }
                }
                Some(_) => self.read_block()?,
                None => {}
            }
        }
    }

    /// Makes sure that the current block has items left; `false` at the end of the input.
    fn advance(&mut self) -> Result<bool> {
        while self.rest == 0 {
            if !self.open_next()? {
                return Ok(false);
            }
            self.read_block()?;
        }
        Ok(true)
    }

    /// Makes sure that a part with blocks left is open; `false` at the end of the input.
    fn open_next(&mut self) -> Result<bool> {
        while self.open.as_ref().is_none_or(|o| o.blocks.is_empty()) {
            self.open = None;
            let input = &self.inputs[self.input];
            let Some(part) = input.parts.get(self.part) else { return Ok(false) };
            self.open = Some(OpenPart::new(&*self.disk, &self.folder, part, input.partition)?);
            self.part += 1;
        }
        Ok(true)
    }

    fn read_block(&mut self) -> Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let Some((number, row)) = open.blocks.pop() else { return Ok(()) };
        let partition = self.inputs[self.input].partition;
        open.read(row, partition, number, &mut self.bytes)?;
        (self.at, self.rest) = (0, row.items);
        Ok(())
    }

    /// Decodes items of the current block, and returns how many bytes they took.
    fn decode(&mut self, count: u64, out: &mut Chunk) -> Result<u64> {
        let input = &self.inputs[self.input];
        let mut rest = &self.bytes[self.at..];
        let before = rest.len();
        let decoded = input.record.ops.decode(&mut rest, count as usize, out);
        let used = before - rest.len();
        self.at += used;
        self.rest -= count;
        self.items += count;
        let whole = self.rest > 0 || self.at == self.bytes.len();
        match (decoded, &self.open) {
            (Ok(()), _) if whole => Ok(used as u64),
            (Ok(()), Some(open)) => Err(open.damage("a block is longer than its items")),
            (Err(e), Some(open)) => {
                Err(open.damage(&format!("an item of a sound block cannot be read: {e}")))
            }
            (_, None) => Err(Error::fatal("read the spool: no file is open")),
        }
    }
}

impl OpenPart {
    fn new(disk: &dyn Disk, folder: &Path, part: &SpoolPart, partition: u32) -> Result<Self> {
        let path = path_of(folder, part);
        let file =
            disk.open(&path, Open::Read).context(format!("read the spool file `{}`", path.display()))?;
        let mut open = Self { file, part: *part, blocks: Vec::new() };
        let rows = u64::from(part.partitions) * ROW_BYTES;
        let offset = part.bytes.saturating_sub(rows) + u64::from(partition) * ROW_BYTES;
        let mut bytes = [0; ROW_BYTES as usize];
        open.read_exact(&mut bytes, offset)?;
        let top = Row::get(&bytes).unwrap_or_default();
        open.blocks = match top {
            Row { list: true, .. } => open.list(top, partition)?,
            Row { items: 0, .. } => {
                open.read(top, partition, TOP, &mut Vec::new())?;
                Vec::new()
            }
            only => vec![(0, only)],
        };
        Ok(open)
    }

    fn list(&self, top: Row, partition: u32) -> Result<Vec<(u64, Row)>> {
        let mut bytes = Vec::new();
        self.read(top, partition, TOP, &mut bytes)?;
        let rows = bytes.chunks_exact(ROW_BYTES as usize).map(|row| Row::get(row).unwrap_or_default());
        let mut blocks: Vec<_> = (0..).zip(rows).collect();
        blocks.reverse();
        Ok(blocks)
    }

    /// Reads and checks what a row points to.
    fn read(&self, row: Row, partition: u32, number: u64, bytes: &mut Vec<u8>) -> Result<()> {
        let end = row.offset.checked_add(row.len).filter(|end| *end <= self.part.bytes);
        if end.is_none() {
            return Err(self.damage_at(row.offset, "a block ends behind the end of the file"));
        }
        bytes.resize(row.len as usize, 0);
        self.read_exact(bytes, row.offset)?;
        let place = RowPlace { salt: self.part.salt(), partition, number };
        if !row.fits(bytes, place) {
            return Err(self.damage_at(row.offset, "the checksum of a block does not fit"));
        }
        Ok(())
    }

    fn read_exact(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        let read = read_full_at(&*self.file, bytes, offset)
            .context(format!("read the spool file `{}` at byte {offset}", self.part))?;
        if read < bytes.len() {
            return Err(self.damage_at(offset + read as u64, "it is shorter than it was written"));
        }
        Ok(())
    }

    fn damage(&self, what: &str) -> Error {
        Error::fatal(format!(
            "read the spool file `{}`: {what}: the file is damaged; run its shard again",
            self.part
        ))
    }

    fn damage_at(&self, offset: u64, what: &str) -> Error {
        let part = &self.part;
        Error::fatal(format!("read the spool file `{part}` at byte {offset}: {what}: the file is damaged"))
    }
}
