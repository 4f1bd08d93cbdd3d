//! Appending groups to the last segment, rolling over to a new one, making spare ones.
//!
//! Knows nothing of threads and results; see the writer.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use dyeline_processors::disk::{Disk, DiskFile, Open, SyncPoint};

use super::{
    folder::{Failed, Folder, is_full},
    format::{
        FRAME_HEADER, SEGMENT_HEADER, SegmentHeader, TERMINATOR, batch_bytes, encode_group, encode_seal,
        frame_bytes,
    },
    shared::{End, SegmentMeta, Shared, Spare},
};
use crate::log::{Batch, CommitError, DiskFailure, Epoch, Position};

/// Zeros are written in pieces of this size.
const PIECE: usize = 1 << 20;
/// A buffer for frames is kept up to this size: a rare large batch must not hold its memory for ever.
const KEPT_BUFFER: usize = 8 << 20;
/// Oversized segments are multiples of this, and so is what a small file takes.
pub(super) const PAGE: u64 = 4096;

/// Why a group was not appended, as the results of its batches say it.
pub(super) type AppendError = CommitError;

/// Writes to the end of the log.
#[derive(Debug)]
pub(super) struct Appender {
    shared: Arc<Shared>,
    epoch: Epoch,
    /// The size of the segments to come.
    segment_bytes: u64,
    header: SegmentHeader,
    file: Box<dyn DiskFile>,
    end: End,
    frame: Vec<u8>,
}

/// Makes the first segment of a log, under its name but not yet durably so.
pub(super) fn make_first_segment(
    folder: &Folder,
    epoch: Epoch,
    size: u64,
) -> Result<SegmentMeta, CreateError> {
    let header = SegmentHeader { number: 0, base: Position(0), size, salt: new_salt(), epoch };
    let path = folder.segment(0);
    let temporary = path.with_extension("tmp");
    create_filled(&*folder.disk, &temporary, size, |file| {
        file.write_all_at(&header.encode(), 0)?;
        file.sync(SyncPoint::LogFirstSegment)
    })?;
    folder.disk.rename(&temporary, &path).failed("rename", &temporary).map_err(CreateError::Disk)?;
    Ok(SegmentMeta { number: 0, base: Position(0), size })
}

/// Makes a spare segment. What is synced here need not be synced at the roll-over, while commits wait.
pub(super) fn make_spare(shared: &Shared, size: u64) -> Result<(), CreateError> {
    let number = {
        let mut state = shared.state();
        state.next_spare += 1;
        state.next_spare - 1
    };
    let path = shared.folder.spare(number);
    let temporary = path.with_extension("tmp");
    let disk = &*shared.folder.disk;
    create_filled(disk, &temporary, size, |file| file.sync(SyncPoint::LogSpare))?;
    disk.rename(&temporary, &path).failed("rename", &temporary).map_err(CreateError::Disk)?;
    shared.state().spares.push(Spare { number, size });
    Ok(())
}

/// Why a segment could not be made. Nothing of the log has changed.
#[derive(Debug)]
pub(super) enum CreateError {
    Full { needed: u64 },
    Disk(DiskFailure),
}

/// Creates a file full of zeros; removes it again on any error, so that it does not take the space that is missing.
fn create_filled(
    disk: &dyn Disk,
    path: &Path,
    size: u64,
    finish: impl FnOnce(&dyn DiskFile) -> io::Result<()>,
) -> Result<(), CreateError> {
    let created = (|| {
        let file = disk.open(path, Open::Create)?;
        fill(&*file, 0, size)?;
        finish(&*file)
    })();
    created.map_err(|error| {
        let _ = disk.remove(path);
        if is_full(&error) {
            CreateError::Full { needed: size }
        } else {
            CreateError::Disk(DiskFailure { doing: "make", file: path.to_owned(), source: error })
        }
    })
}

/// Writes zeros from `from` to `to`.
fn fill(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; PIECE];
    let mut at = from;
    while at < to {
        let len = (to - at).min(PIECE as u64);
        file.write_all_at(&zeros[..len as usize], at)?;
        at += len;
    }
    Ok(())
}

/// A number that no other segment has: what it guards against is chance and copies, not an adversary who can read it.
fn new_salt() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Appender {
    /// Opens the last segment at the durable end.
    pub(super) fn open(
        shared: Arc<Shared>,
        epoch: Epoch,
        segment_bytes: u64,
    ) -> Result<Self, super::folder::ReadError> {
        let end = shared.state().end;
        let reader = super::segment::SegmentReader::open(&shared.folder, end.segment)?;
        let file = shared.folder.open(&reader.path, Open::ReadWrite)?;
        Ok(Self { shared, epoch, segment_bytes, header: reader.header, file, end, frame: Vec::new() })
    }

    /// Whether a group with this payload fits in the last segment, with room left for a seal.
    pub(super) fn fits(&self, payload: usize) -> bool {
        self.end.offset + (frame_bytes(payload) + FRAME_HEADER) as u64 <= self.header.size
    }

    /// Whether more than half of the last segment is used, and nothing is ready to follow it.
    pub(super) fn wants_spare(&self) -> bool {
        self.end.offset > self.header.size / 2
            && !self.shared.state().spares.iter().any(|s| s.size >= self.segment_bytes)
    }

    /// Appends a group that fits and makes it durable; returns the position of its first batch.
    pub(super) fn append<'a>(
        &mut self,
        batches: impl ExactSizeIterator<Item = &'a Batch>,
    ) -> Result<Position, AppendError> {
        let (first, count) = (self.end.position, batches.len() as u64);
        let mut frame = std::mem::take(&mut self.frame);
        encode_group(&mut frame, &self.header, self.epoch, first, batches.map(|b| b.bytes.as_slice()));
        let written = self.write_frame(&frame);
        let bytes = (frame.len() - TERMINATOR) as u64;
        if frame.capacity() <= KEPT_BUFFER {
            self.frame = frame;
        }
        written?;
        self.end.offset += bytes;
        self.end.position.0 += count;
        self.shared.grow(self.end);
        Ok(first)
    }

    fn write_frame(&self, frame: &[u8]) -> Result<(), AppendError> {
        // The terminator may reach into the room of the seal, not past the end.
        let room = (self.header.size - self.end.offset) as usize;
        let frame = &frame[..frame.len().min(room)];
        match self.file.write_all_at(frame, self.end.offset) {
            Ok(()) => {}
            Err(error) if is_full(&error) => return Err(self.take_back(frame.len())),
            Err(error) => return Err(self.unknown("write", &error)),
        }
        self.file.sync(SyncPoint::LogBatch).map_err(|error| self.unknown("sync", &error))
    }

    /// Makes sure that a half-written frame never counts: it would be a batch that was refused and came back.
    fn take_back(&self, needed: usize) -> AppendError {
        let erased = self
            .file
            .write_all_at(&[0; TERMINATOR], self.end.offset)
            .and_then(|()| self.file.sync(SyncPoint::LogTakenBack));
        match erased {
            Ok(()) => self.full(needed as u64),
            Err(error) => self.unknown("take back a write to", &error),
        }
    }

    fn full(&self, needed: u64) -> AppendError {
        CommitError::Full { path: self.shared.folder.path.clone(), needed }
    }

    fn path(&self) -> PathBuf {
        self.shared.folder.segment(self.header.number)
    }

    fn unknown(&self, doing: &str, error: &io::Error) -> AppendError {
        CommitError::Unknown { reason: format!("cannot {doing} {}: {error}", self.path().display()) }
    }

    /// Seals the last segment and begins a new one in which a group with this payload fits. After an error other than
    /// `Full` the log must be acquired again.
    pub(super) fn roll(&mut self, payload: usize) -> Result<(), AppendError> {
        let needed = (SEGMENT_HEADER + frame_bytes(payload) + FRAME_HEADER) as u64;
        let size =
            if needed <= self.segment_bytes { self.segment_bytes } else { needed.next_multiple_of(PAGE) };
        let spare = self.take_spare(size).map_err(|error| match error {
            CreateError::Full { needed } => self.full(needed),
            CreateError::Disk(failure) => rewind(failure),
        })?;
        let header = SegmentHeader {
            number: self.header.number + 1,
            base: self.end.position,
            size: spare.size,
            salt: new_salt(),
            epoch: self.epoch,
        };
        let file = self.begin_segment(spare, &header)?;
        self.seal().map_err(rewind)?;
        self.header = header;
        self.file = file;
        self.end = End { segment: header.number, offset: SEGMENT_HEADER as u64, ..self.end };
        let mut state = self.shared.state();
        state.segments.push(SegmentMeta { number: header.number, base: header.base, size: header.size });
        state.end = self.end;
        Ok(())
    }

    /// The first spare that is large enough, taken out of the pool, or a new one.
    fn take_spare(&self, size: u64) -> Result<Spare, CreateError> {
        let take = || {
            let mut state = self.shared.state();
            let found = state.spares.iter().position(|s| s.size >= size)?;
            Some(state.spares.remove(found))
        };
        if let Some(spare) = take() {
            return Ok(spare);
        }
        make_spare(&self.shared, size)?;
        take().ok_or_else(|| {
            let source = io::Error::other("another segment took it");
            CreateError::Disk(DiskFailure { doing: "make", file: self.shared.folder.path.clone(), source })
        })
    }

    /// Gives a spare its header and its name, durably.
    fn begin_segment(&self, spare: Spare, header: &SegmentHeader) -> Result<Box<dyn DiskFile>, AppendError> {
        let folder = &self.shared.folder;
        let from = folder.spare(spare.number);
        let begun = (|| {
            let file = folder.disk.open(&from, Open::ReadWrite)?;
            file.write_all_at(&header.encode(), 0)?;
            file.sync(SyncPoint::LogSegment)?;
            Ok(file)
        })();
        let file = match begun {
            Ok(file) => file,
            Err(error) => {
                let _ = folder.disk.remove(&from);
                return Err(if is_full(&error) {
                    self.full(spare.size)
                } else {
                    rewind(DiskFailure { doing: "write", file: from, source: error })
                });
            }
        };
        folder.disk.rename(&from, &folder.segment(header.number)).failed("rename", &from).map_err(rewind)?;
        folder
            .disk
            .sync_dir(&folder.path, SyncPoint::LogRoll)
            .failed("sync", &folder.path)
            .map_err(rewind)?;
        Ok(file)
    }

    /// Needs no sync: a seal that is lost leaves a segment that ends where the next one begins, which is enough. It is
    /// there for the day on which somebody takes the next segment away.
    fn seal(&self) -> Result<(), DiskFailure> {
        let seal = encode_seal(&self.header, self.epoch, self.end.position);
        self.file.write_all_at(&seal, self.end.offset).failed("write", &self.path())
    }
}

/// Nothing of the batch was written, but it is not known what of the roll-over was.
fn rewind(failure: DiskFailure) -> AppendError {
    CommitError::Rewind { reason: format!("{failure}: {}", failure.source) }
}

/// Payload bytes of a batch in a group.
pub(super) fn payload_bytes(batch: &Batch) -> usize {
    batch_bytes(batch.bytes.len())
}
