//! Reading batches in order, across segments, up to a known end.

use std::ops::Range;

use super::{
    folder::{Folder, ReadError},
    format::{SEGMENT_HEADER, split_batch},
    segment::{Found, Group, SegmentReader},
    shared::{End, SegmentMeta},
};
use crate::log::Position;

/// A place in the log, and what is needed to read on from there.
#[derive(Debug)]
pub(super) struct Cursor {
    folder: Folder,
    /// The position handed out next.
    at: Position,
    segment: Option<SegmentReader>,
    offset: u64,
    /// What is left of the group that is being handed out, as a range of the segment's window.
    rest: Range<usize>,
}

impl Cursor {
    pub(super) fn new(folder: Folder, at: Position) -> Self {
        Self { folder, at, segment: None, offset: 0, rest: 0..0 }
    }

    /// Forgets what was opened: after an error, or to look the segments up anew.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.folder.clone(), self.at);
    }

    pub(super) fn position(&self) -> Position {
        self.at
    }

    /// The next batch below `end`. `segments` are those of the log, in order; they matter only for the first call.
    pub(super) fn next(
        &mut self,
        segments: &[SegmentMeta],
        end: &End,
    ) -> Result<Option<(Position, &[u8])>, ReadError> {
        if self.at >= end.position {
            return Ok(None);
        }
        if self.rest.is_empty() {
            self.find_group(segments, end)?;
        }
        let Some(segment) = &self.segment else { return Ok(None) };
        let Some((batch, behind)) = split_batch(segment.bytes(self.rest.clone())) else {
            return Err(ReadError::damaged(
                &segment.path,
                self.offset,
                "a batch reaches past the end of its frame",
            ));
        };
        self.rest.start = self.rest.end - behind.len();
        let at = self.at;
        self.at = at.next();
        Ok(Some((at, batch)))
    }

    /// Moves to the group that holds the position, and within it.
    fn find_group(&mut self, segments: &[SegmentMeta], end: &End) -> Result<(), ReadError> {
        if self.segment.is_none() {
            let first = segments.partition_point(|s| s.base <= self.at).saturating_sub(1);
            let number = segments.get(first).map_or(end.segment, |s| s.number);
            self.open(number)?;
        }
        while let Some(segment) = &mut self.segment {
            let limit = if segment.header.number == end.segment { end.offset } else { segment.header.size };
            match segment.frame_at(self.offset, limit)? {
                Found::Group(group) => {
                    let after = group.header.first.0.saturating_add(u64::from(group.header.batches));
                    if after <= self.at.0 {
                        self.offset = group.end;
                        continue;
                    }
                    return self.enter(group);
                }
                Found::Seal(at) if at != self.at => {
                    return Err(self.damaged("the seal does not fit the batches before it"));
                }
                // Between the new segment's first appearance and the seal of the old one the machine may stop.
                Found::Seal(_) | Found::End | Found::Bad(_) if segment.header.number < end.segment => {
                    self.next_segment()?;
                }
                Found::Seal(_) => return Err(self.damaged("a seal, while the log should go on")),
                Found::End => return Err(self.damaged("the log ends here, and should go on")),
                Found::Bad(why) => return Err(self.damaged(why)),
            }
        }
        Ok(())
    }

    fn enter(&mut self, group: Group) -> Result<(), ReadError> {
        let Some(segment) = &self.segment else { return Ok(()) };
        if group.header.first > self.at {
            let what =
                format!("batch {} is missing: the frame begins with {}", self.at.0, group.header.first.0);
            return Err(ReadError::damaged(&segment.path, self.offset, what));
        }
        self.rest = group.payload;
        for _ in group.header.first.0..self.at.0 {
            if let Some((_, behind)) = split_batch(segment.bytes(self.rest.clone())) {
                self.rest.start = self.rest.end - behind.len();
            }
        }
        self.offset = group.end;
        Ok(())
    }

    /// Goes on to the next segment, which must begin where this one ended.
    fn next_segment(&mut self) -> Result<(), ReadError> {
        let Some(old) = self.segment.take() else { return Ok(()) };
        let offset = self.offset;
        self.open(old.header.number + 1)?;
        match &self.segment {
            Some(new) if new.header.base > self.at => {
                let what = format!(
                    "the frame of batch {} was here and is not whole; the next segment begins with batch {}",
                    self.at.0, new.header.base.0
                );
                Err(ReadError::damaged(&old.path, offset, what))
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, number: u64) -> Result<(), ReadError> {
        self.segment = Some(SegmentReader::open(&self.folder, number)?);
        self.offset = SEGMENT_HEADER as u64;
        Ok(())
    }

    fn damaged(&self, what: &str) -> ReadError {
        let path = self.segment.as_ref().map_or_else(|| self.folder.path.clone(), |s| s.path.clone());
        ReadError::damaged(&path, self.offset, what)
    }
}
