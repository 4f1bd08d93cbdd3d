//! Following the durable end of the log from another thread.

use std::{sync::Arc, time::Duration};

use super::{
    cursor::Cursor,
    folder::ReadError,
    shared::{SegmentMeta, Shared},
};
use crate::log::{Position, Tail, TailError};

/// A place in the log that follows its end.
#[derive(Debug)]
pub(super) struct LogTail {
    shared: Arc<Shared>,
    cursor: Cursor,
    /// Whether the cursor has found its segment.
    begun: bool,
}

impl LogTail {
    pub(super) fn new(shared: Arc<Shared>, from: Position) -> Result<Self, TailError> {
        {
            let state = shared.state();
            if !state.owned {
                return Err(TailError::NotAcquired);
            }
            if from < state.oldest() {
                return Err(TailError::Trimmed { at: from, oldest: state.oldest() });
            }
        }
        let cursor = Cursor::new(shared.folder.clone(), from);
        Ok(Self { shared, cursor, begun: false })
    }
}

impl Tail for LogTail {
    fn next(&mut self, batch: &mut Vec<u8>, wait: Duration) -> Result<Option<Position>, TailError> {
        let at = self.cursor.position();
        let (end, segments) = {
            let state = self.shared.wait_past(at, wait);
            if !state.owned {
                return Err(TailError::NotAcquired);
            }
            let segments: Vec<SegmentMeta> = if self.begun { Vec::new() } else { state.segments.clone() };
            (state.end, segments)
        };
        let failure = match self.cursor.next(&segments, &end) {
            Ok(None) => return Ok(None),
            Ok(Some((position, bytes))) => {
                batch.clear();
                batch.extend_from_slice(bytes);
                self.begun = true;
                return Ok(Some(position));
            }
            Err(failure) => failure,
        };
        self.cursor.reset();
        self.begun = false;
        // The segment may have been trimmed, and written anew, while it was read.
        let oldest = self.shared.state().oldest();
        match failure {
            ReadError::Damaged(_) if at < oldest => Err(TailError::Trimmed { at, oldest }),
            other => Err(other.into()),
        }
    }

    fn position(&self) -> Position {
        self.cursor.position()
    }
}
