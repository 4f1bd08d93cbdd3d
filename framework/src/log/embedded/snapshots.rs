//! Snapshots in files of their own, and trimming what they make superfluous.

use std::sync::Arc;

use dyeline_processors::disk::{Open, SyncPoint, read_full_at};

use super::{
    folder::{Failed, Folder, ReadError, SNAPSHOT, is_full},
    format::{SNAPSHOT_HEADER, SnapshotHeader},
    shared::{SegmentMeta, Shared, Spare},
};
use crate::log::{DiskFailure, Position, SnapshotError, SnapshotStore, TrimError};

/// A snapshot is written and synced in pieces, so that the disk's queue stays short for the commits between them.
const PIECE: usize = 4 << 20;
/// How many snapshots are kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// Reads the state of a snapshot and checks it.
pub(super) fn read_snapshot(folder: &Folder, at: Position) -> Result<Vec<u8>, ReadError> {
    let path = folder.snapshot(at.0);
    let file = folder.open(&path, Open::Read)?;
    let mut head = [0; SNAPSHOT_HEADER];
    let read = read_full_at(&*file, &mut head, 0).failed("read", &path)?;
    let header = SnapshotHeader::decode(&head[..read]).map_err(|bad| ReadError::header(&path, bad))?;
    if header.at != at {
        return Err(ReadError::damaged(&path, 16, format!("it is the snapshot of position {}", header.at.0)));
    }
    let len = file.len().failed("read", &path)?;
    if len != header.bytes.saturating_add(SNAPSHOT_HEADER as u64) {
        let what = format!("it has {len} bytes, and should hold a state of {}", header.bytes);
        return Err(ReadError::damaged(&path, 24, what));
    }
    let mut state = vec![0; header.bytes as usize];
    let read = read_full_at(&*file, &mut state, SNAPSHOT_HEADER as u64).failed("read", &path)?;
    if read < state.len() || crc32c::crc32c(&state) != header.crc {
        let what = "the checksum of the state does not match";
        return Err(ReadError::damaged(&path, SNAPSHOT_HEADER as u64, what));
    }
    Ok(state)
}

/// The snapshots of one acquisition.
#[derive(Debug)]
pub(super) struct Snapshots {
    pub(super) shared: Arc<Shared>,
    /// How many spare segments are kept.
    pub(super) spares: usize,
    /// The size of a spare segment.
    pub(super) segment_bytes: u64,
}

impl SnapshotStore for Snapshots {
    fn newest(&self) -> Result<Option<(Position, Vec<u8>)>, SnapshotError> {
        let _upkeep = self.shared.upkeep();
        let kept = self.shared.state().snapshots.clone();
        for at in kept.into_iter().rev() {
            match read_snapshot(&self.shared.folder, at) {
                Ok(state) => return Ok(Some((at, state))),
                Err(ReadError::Damaged(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(None)
    }

    fn install(&self, at: Position, state: &[u8]) -> Result<(), SnapshotError> {
        let _upkeep = self.shared.upkeep();
        {
            let known = self.shared.state();
            if !known.owned {
                return Err(SnapshotError::NotAcquired);
            }
            let newest = known.snapshots.last().copied();
            if newest == Some(at) {
                return Ok(());
            }
            let newest = newest.unwrap_or_default();
            if at < newest || at > known.end.position {
                return Err(SnapshotError::OutOfPlace { at, newest, end: known.end.position });
            }
        }
        self.write(at, state)?;
        let kept = {
            let mut known = self.shared.state();
            known.snapshots.push(at);
            let surplus = known.snapshots.len().saturating_sub(KEPT);
            known.snapshots.drain(..surplus);
            known.snapshots.clone()
        };
        self.remove_others(&kept)?;
        Ok(())
    }

    fn trim(&self, below: Position) -> Result<Position, TrimError> {
        let _upkeep = self.shared.upkeep();
        let (low, surplus) = {
            let mut known = self.shared.state();
            if !known.owned {
                return Err(TrimError::NotAcquired);
            }
            let oldest = if known.snapshots.len() < KEPT { Position(0) } else { known.snapshots[0] };
            let low = below.min(oldest);
            // A segment is superfluous when the next one begins at or below the lowest position that is needed.
            let count = known.segments.windows(2).take_while(|pair| pair[1].base <= low).count();
            (low, known.segments.drain(..count).collect::<Vec<_>>())
        };
        for segment in surplus {
            self.recycle(segment)?;
        }
        Ok(low)
    }
}

impl Snapshots {
    fn write(&self, at: Position, state: &[u8]) -> Result<(), SnapshotError> {
        let folder = &self.shared.folder;
        let path = folder.snapshot(at.0);
        let temporary = path.with_extension("tmp");
        let needed = (SNAPSHOT_HEADER + state.len()) as u64;
        let written = (|| {
            let file = folder.disk.open(&temporary, Open::Create)?;
            let header =
                SnapshotHeader { at, bytes: state.len() as u64, crc: crc32c::crc32c(state) }.encode();
            file.write_all_at(&header, 0)?;
            let mut rest = state;
            loop {
                let (piece, behind) = rest.split_at(rest.len().min(PIECE));
                file.write_all_at(piece, needed - rest.len() as u64)?;
                file.sync(SyncPoint::Snapshot)?;
                if behind.is_empty() {
                    return Ok(());
                }
                rest = behind;
            }
        })();
        if let Err(error) = written {
            // The half-written file would take the space that is needed; it is removed at the next start otherwise.
            let _ = folder.disk.remove(&temporary);
            return Err(if is_full(&error) {
                SnapshotError::Full { path, needed }
            } else {
                DiskFailure { doing: "write", file: temporary, source: error }.into()
            });
        }
        folder.disk.rename(&temporary, &path).failed("rename", &temporary)?;
        let names = folder.snapshots();
        folder.disk.sync_dir(&names, SyncPoint::SnapshotFolder).failed("sync", &names)?;
        Ok(())
    }

    /// Removes every snapshot but the kept ones: older ones, and damaged ones that were passed over.
    fn remove_others(&self, kept: &[Position]) -> Result<(), DiskFailure> {
        let folder = &self.shared.folder;
        for number in folder.numbers(&folder.snapshots(), SNAPSHOT)? {
            if !kept.contains(&Position(number)) {
                let path = folder.snapshot(number);
                folder.disk.remove(&path).failed("remove", &path)?;
            }
        }
        Ok(())
    }

    /// Makes a segment a spare one, or removes it. Needs no sync: a segment that comes back after a crash lies below
    /// the kept snapshots, and is not read.
    fn recycle(&self, segment: SegmentMeta) -> Result<(), DiskFailure> {
        let folder = &self.shared.folder;
        let path = folder.segment(segment.number);
        let spare = {
            let mut state = self.shared.state();
            let wanted = state.spares.len() < self.spares && segment.size == self.segment_bytes;
            wanted.then(|| {
                let number = state.next_spare;
                state.next_spare += 1;
                Spare { number, size: segment.size }
            })
        };
        match spare {
            Some(spare) => {
                folder.disk.rename(&path, &folder.spare(spare.number)).failed("rename", &path)?;
                self.shared.state().spares.push(spare);
                Ok(())
            }
            None => folder.disk.remove(&path).failed("remove", &path),
        }
    }
}
