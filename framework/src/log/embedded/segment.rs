//! Reading one segment: its header, and the frame at an offset.

use std::{ops::Range, path::PathBuf};

use dyeline_processors::disk::{DiskFile, Open, read_full_at};

use super::{
    folder::{Failed, Folder, ReadError},
    format::{FRAME_HEADER, FRAME_MAGIC, FrameHeader, FrameKind, SEGMENT_HEADER, SegmentHeader},
};
use crate::log::{DiskFailure, Position};

/// How much is read ahead: enough that a restore is bound by the disk, small beside a segment.
const WINDOW: usize = 256 << 10;

/// What is at an offset of a segment.
#[derive(Debug)]
pub(super) enum Found {
    /// A whole group.
    Group(Group),
    /// The end of a full segment, and the position after its last batch.
    Seal(Position),
    /// Nothing was written here.
    End,
    /// Something else, and why it is not a frame.
    Bad(&'static str),
}

/// A group that was found.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) header: FrameHeader,
    /// Where its payload is in the window.
    pub(super) payload: Range<usize>,
    /// The offset behind it.
    pub(super) end: u64,
}

/// A segment that is open for reading.
#[derive(Debug)]
pub(super) struct SegmentReader {
    pub(super) path: PathBuf,
    pub(super) header: SegmentHeader,
    file: Box<dyn DiskFile>,
    window: Vec<u8>,
    window_at: u64,
}

impl SegmentReader {
    /// Opens a segment and checks its header against its name and its length.
    pub(super) fn open(folder: &Folder, number: u64) -> Result<Self, ReadError> {
        let path = folder.segment(number);
        let file = match folder.disk.open(&path, Open::Read) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(ReadError::damaged(&path, 0, "the segment is missing"));
            }
            other => other.failed("open", &path)?,
        };
        let mut bytes = [0; SEGMENT_HEADER];
        let read = read_full_at(&*file, &mut bytes, 0).failed("read", &path)?;
        let header = SegmentHeader::decode(&bytes[..read]).map_err(|bad| ReadError::header(&path, bad))?;
        if header.number != number {
            let what = format!("the header is that of segment {}", header.number);
            return Err(ReadError::damaged(&path, 16, what));
        }
        let len = file.len().failed("read", &path)?;
        if len < header.size {
            let what = format!("the file ends here, and should have {} bytes", header.size);
            return Err(ReadError::damaged(&path, len, what));
        }
        Ok(Self { path, header, file, window: Vec::new(), window_at: 0 })
    }

    /// The bytes from `offset`, `len` of them or as many as there are before `limit`, as a range of the window.
    fn fetch(&mut self, offset: u64, len: usize, limit: u64) -> Result<Range<usize>, DiskFailure> {
        let end = self.window_at + self.window.len() as u64;
        let wanted = (offset + len as u64).min(limit.max(offset));
        if offset < self.window_at || wanted > end {
            let ahead = (limit.max(offset) - offset).min(len.max(WINDOW) as u64) as usize;
            self.window.resize(ahead, 0);
            self.window_at = offset;
            let read = read_full_at(&*self.file, &mut self.window, offset);
            self.window.truncate(*read.as_ref().unwrap_or(&0));
            read.failed("read", &self.path)?;
        }
        let from = ((offset - self.window_at) as usize).min(self.window.len());
        Ok(from..(from + len).min(self.window.len()))
    }

    /// What begins at `offset`. Bytes from `limit` on are not looked at: they may be changing.
    pub(super) fn frame_at(&mut self, offset: u64, limit: u64) -> Result<Found, DiskFailure> {
        let limit = limit.min(self.header.size);
        let head = self.fetch(offset, FRAME_HEADER, limit)?;
        let bytes = &self.window[head];
        if bytes.iter().take(8).all(|b| *b == 0) {
            return Ok(Found::End);
        }
        let header = match FrameHeader::decode(bytes, &self.header) {
            Ok(header) => header,
            Err(why) => return Ok(Found::Bad(why)),
        };
        let end = offset + header.frame_bytes();
        if end > limit {
            return Ok(Found::Bad("the frame reaches past the end of its segment"));
        }
        let payload = self.fetch(offset + FRAME_HEADER as u64, header.payload as usize, limit)?;
        if payload.len() < header.payload as usize {
            return Ok(Found::Bad("the file ends within the frame"));
        }
        if let Err(why) = header.check_payload(&self.window[payload.clone()], &self.header) {
            return Ok(Found::Bad(why));
        }
        Ok(match header.kind {
            FrameKind::Group => Found::Group(Group { header, payload, end }),
            FrameKind::Seal => Found::Seal(header.first),
        })
    }

    /// Bytes of the window, as named by a [`Group`] that was found last.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.window[range]
    }

    /// The offset of the first whole frame behind `offset`. Every byte is tried, since damage can shift what follows.
    pub(super) fn find_frame_behind(&mut self, offset: u64) -> Result<Option<u64>, DiskFailure> {
        const STEP: usize = 4096;
        let size = self.header.size;
        let mut at = offset + 1;
        while at < size {
            let window = self.fetch(at, STEP + FRAME_MAGIC.len() - 1, size)?;
            let bytes = &self.window[window];
            if bytes.is_empty() {
                return Ok(None);
            }
            // Most of a new segment is zeros, which are skipped at the speed of memory.
            let zeros = bytes.starts_with(&[0; STEP]) && bytes[STEP..].iter().all(|b| *b == 0);
            let windows =
                if zeros { [].windows(FRAME_MAGIC.len()) } else { bytes.windows(FRAME_MAGIC.len()) };
            // Candidates are found first, since looking at one moves the window.
            let found = windows.enumerate().filter(|(_, four)| **four == FRAME_MAGIC);
            let candidates: Vec<u64> = found.map(|(i, _)| at + i as u64).collect();
            for candidate in candidates {
                if matches!(self.frame_at(candidate, size)?, Found::Group(_) | Found::Seal(_)) {
                    return Ok(Some(candidate));
                }
            }
            at += STEP as u64;
        }
        Ok(None)
    }
}
