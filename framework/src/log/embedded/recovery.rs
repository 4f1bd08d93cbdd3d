//! Finding out what a log holds: its newest whole snapshot, its segments, and its end. Changes nothing.

use dyeline_processors::disk::{Open, SyncPoint, read_full_at};

use super::{
    folder::{Failed, Folder, ReadError, SEGMENT, SNAPSHOT},
    format::{EpochFile, SEGMENT_HEADER},
    segment::{Found, SegmentReader},
    shared::{End, SegmentMeta},
    snapshots::read_snapshot,
};
use crate::log::{Damage, Epoch, Position, Warning};

/// The bytes of a frame within the last segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Recovered {
    /// Without gaps, in order; empty for a log that has just been made.
    pub(super) segments: Vec<SegmentMeta>,
    pub(super) end: End,
    /// The last frame, if the last segment has one: it may not have been synced.
    pub(super) last_frame: Option<Written>,
    /// The largest epoch seen.
    pub(super) epoch: Epoch,
    /// The newest whole snapshot.
    pub(super) snapshot: Option<(Position, Vec<u8>)>,
    /// Positions of the snapshots from the newest whole one down, in ascending order; two at most.
    pub(super) snapshots: Vec<Position>,
    pub(super) warnings: Vec<Warning>,
}

/// Reads what a log holds.
pub(super) fn recover(folder: &Folder) -> Result<Recovered, ReadError> {
    let epoch = folder.read_epoch()?;
    let mut passed_over = Vec::new();
    let (snapshot, snapshots) = newest_snapshot(folder, &mut passed_over)?;
    let from = snapshot.as_ref().map_or(Position(0), |s| s.0);
    let segments = contiguous(folder, from, passed_over.first())?;
    let mut warnings: Vec<Warning> = passed_over.into_iter().map(pass_over).collect();
    let (end, last_frame, seen) = match segments.last() {
        Some(last) => find_end(folder, last, &mut warnings)?,
        None => (End::default(), None, Epoch(0)),
    };
    let file = epoch.unwrap_or_default();
    check_reach(folder, &segments, end, file, from)?;
    if epoch.is_none() && end.position > Position(0) {
        return Err(folder.epoch_missing());
    }
    let epoch = file.epoch.max(seen);
    Ok(Recovered { segments, end, last_frame, epoch, snapshot, snapshots, warnings })
}

/// The newest snapshot that is whole, and the positions of it and the one before.
#[expect(clippy::type_complexity, reason = "used once, and a name would say no more")]
fn newest_snapshot(
    folder: &Folder,
    passed_over: &mut Vec<Damage>,
) -> Result<(Option<(Position, Vec<u8>)>, Vec<Position>), ReadError> {
    let mut numbers = folder.numbers(&folder.snapshots(), SNAPSHOT)?;
    while let Some(number) = numbers.last().copied() {
        match read_snapshot(folder, Position(number)) {
            Ok(state) => {
                let kept = numbers.iter().rev().take(2).rev().map(|n| Position(*n)).collect();
                return Ok((Some((Position(number), state)), kept));
            }
            Err(ReadError::Damaged(damage)) => {
                passed_over.push(damage);
                numbers.pop();
            }
            Err(other) => return Err(other),
        }
    }
    Ok((None, Vec::new()))
}

fn pass_over(damage: Damage) -> Warning {
    Warning::SnapshotPassedOver {
        file: damage.file,
        reason: format!("it is damaged at byte {}: {}", damage.offset, damage.what),
    }
}

/// The segments from the last one down to the oldest that follows without a gap; an error if they do not reach `from`.
fn contiguous(
    folder: &Folder,
    from: Position,
    passed_over: Option<&Damage>,
) -> Result<Vec<SegmentMeta>, ReadError> {
    let numbers = folder.numbers(&folder.path, SEGMENT)?;
    let Some(last) = numbers.last().copied() else { return Ok(Vec::new()) };
    let mut segments: Vec<SegmentMeta> = Vec::new();
    let mut number = last;
    loop {
        let reaches = segments.last().is_some_and(|s| s.base <= from);
        match SegmentReader::open(folder, number) {
            Ok(reader) => {
                let header = reader.header;
                if segments.last().is_some_and(|s| s.base < header.base) {
                    let what = "the segment begins with a later batch than the one after it";
                    return Err(ReadError::damaged(&reader.path, 24, what));
                }
                segments.push(SegmentMeta { number, base: header.base, size: header.size });
            }
            // What lies below the snapshot is not needed; a crash in the middle of a trim may leave parts of it.
            Err(ReadError::Damaged(_)) if reaches => break,
            // A log that was trimmed begins above a snapshot that is damaged now: that is what is wrong, not the gap.
            Err(ReadError::Damaged(_)) if passed_over.is_some() && !numbers.contains(&number) => break,
            Err(other) => return Err(other),
        }
        match number.checked_sub(1) {
            Some(below) => number = below,
            None => break,
        }
    }
    segments.reverse();
    match (segments.first(), passed_over) {
        (Some(first), Some(damage)) if first.base > from => {
            let what = format!("{}; and the log begins with batch {} only", damage.what, first.base.0);
            Err(ReadError::Damaged(Damage { what, ..damage.clone() }))
        }
        (Some(first), None) if first.base > from => {
            let what = format!("the log begins with batch {}, and batch {} is needed", first.base.0, from.0);
            Err(ReadError::damaged(&folder.segment(first.number), 24, what))
        }
        _ => Ok(segments),
    }
}

/// Walks the frames of the last segment: the end, the last frame, and the largest epoch.
fn find_end(
    folder: &Folder,
    last: &SegmentMeta,
    warnings: &mut Vec<Warning>,
) -> Result<(End, Option<Written>, Epoch), ReadError> {
    let mut reader = SegmentReader::open(folder, last.number)?;
    let mut end = End { position: last.base, segment: last.number, offset: SEGMENT_HEADER as u64 };
    let mut last_frame = None;
    let mut epoch = reader.header.epoch;
    loop {
        let bad = match reader.frame_at(end.offset, last.size)? {
            Found::Group(group) if group.header.first == end.position && group.header.epoch >= epoch => {
                last_frame = Some(Written { from: end.offset, to: group.end });
                epoch = group.header.epoch;
                end.position.0 += u64::from(group.header.batches);
                end.offset = group.end;
                continue;
            }
            Found::Group(group) => {
                let what = format!(
                    "a frame of epoch {} begins with batch {}; batch {} of epoch {} or later was expected",
                    group.header.epoch.0, group.header.first.0, end.position.0, epoch.0
                );
                return Err(ReadError::damaged(&reader.path, end.offset, what));
            }
            Found::Seal(_) => {
                let next = folder.segment(last.number + 1);
                return Err(ReadError::damaged(
                    &next,
                    0,
                    "the segment is missing; the one before it is sealed",
                ));
            }
            Found::End => None,
            Found::Bad(why) => Some(why),
        };
        if let Some(behind) = reader.find_frame_behind(end.offset)? {
            let why = bad.unwrap_or("nothing is written here");
            let what = format!("{why}, while a whole frame follows at byte {behind}");
            return Err(ReadError::damaged(&reader.path, end.offset, what));
        }
        if bad.is_some() {
            warnings.push(Warning::TornTail { file: reader.path.clone(), offset: end.offset });
        }
        return Ok((end, last_frame, epoch));
    }
}

/// A log never ends before where it had been when it was last acquired, nor before its snapshot.
fn check_reach(
    folder: &Folder,
    segments: &[SegmentMeta],
    end: End,
    file: EpochFile,
    snapshot: Position,
) -> Result<(), ReadError> {
    let reached = file.reached.max(snapshot);
    if end.position >= reached {
        return Ok(());
    }
    if segments.is_empty() {
        let what = format!("the segment is missing; the log had reached batch {}", reached.0);
        return Err(ReadError::damaged(&folder.segment(0), 0, what));
    }
    let what =
        format!("the log ends here with batch {}, and had reached batch {}", end.position.0, reached.0);
    Err(ReadError::damaged(&folder.segment(end.segment), end.offset, what))
}

/// Writes the last frame again and makes it durable.
///
/// Whoever wrote it may have ended before the sync, or the sync may have failed, after which the system takes the pages
/// for clean. Only a new write makes a new sync mean something.
pub(super) fn make_durable(folder: &Folder, recovered: &Recovered) -> Result<(), ReadError> {
    let Some(frame) = recovered.last_frame else { return Ok(()) };
    let path = folder.segment(recovered.end.segment);
    let file = folder.open(&path, Open::ReadWrite)?;
    let mut bytes = vec![0; (frame.to - frame.from) as usize];
    let read = read_full_at(&*file, &mut bytes, frame.from).failed("read", &path)?;
    file.write_all_at(&bytes[..read], frame.from).failed("write", &path)?;
    file.sync(SyncPoint::LogRecovery).failed("sync", &path)?;
    Ok(())
}
