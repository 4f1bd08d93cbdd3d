//! The thread that makes batches durable: whatever was submitted during one sync is written with the next.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, TryRecvError};

use super::{
    MAX_BATCH_BYTES,
    appender::{Appender, make_spare, payload_bytes},
    shared::Shared,
};
use crate::log::{Batch, CommitError, Completed, Position, Refused, Ticket, Wake};

/// The most that goes into one group: it bounds the time of one write, and the memory of reading it back.
const MAX_GROUP_BYTES: usize = 4 << 20;

/// A batch on its way to the writer.
#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) ticket: Ticket,
    pub(super) batch: Batch,
    /// Which line it stands in: a failure stops a line, and the owner begins a new one when it has seen all results.
    pub(super) line: u64,
}

/// Where the owner's wish to be woken is kept.
pub(super) type WakeSlot = Arc<Mutex<Option<Wake>>>;

/// The writer thread's state.
pub(super) struct Writer {
    pub(super) appender: Appender,
    pub(super) shared: Arc<Shared>,
    /// Bounded by the owner, who asks what is in flight.
    pub(super) submitted: Receiver<Submitted>,
    /// Bounded by what is submitted.
    pub(super) results: Sender<Completed>,
    pub(super) wake: WakeSlot,
    /// The size of segments to prepare in the background, if so.
    pub(super) prepare: Option<u64>,
    /// Makes the next segment.
    pub(super) preparing: Option<JoinHandle<()>>,
}

/// What has gone wrong so far.
#[derive(Debug)]
enum Line {
    Open,
    /// This line is refused, for this reason; the next one is not.
    Stopped(u64, CommitError),
    /// Every line is refused until the log is acquired again.
    Failed(String),
}

impl Writer {
    /// Runs until the owner lets go of the other end, and all that was submitted is answered.
    pub(super) fn run(mut self) {
        let mut line = Line::Open;
        let mut waiting = None;
        while let Some(first) = waiting.take().or_else(|| self.submitted.recv().ok()) {
            if let Some(error) = refusal(&line, &first) {
                if matches!(error, CommitError::TooLarge { .. }) {
                    line = Line::Stopped(first.line, error.clone());
                }
                self.answer(vec![first], Err(error));
                self.wake();
                continue;
            }
            let (group, behind) = self.write_group(first, &mut line);
            waiting = behind;
            let (group, result) = group;
            self.answer(group, result);
            self.wake();
            self.prepare_spare();
        }
        self.finish_preparing();
    }

    /// Waits for the segment that is being made, if one is: to make another beside it would take the room of both.
    fn finish_preparing(&mut self) {
        if let Some(thread) = self.preparing.take() {
            // It ends by itself; a panic in it would have left nothing but a file that is removed at the next start.
            let _ = thread.join();
        }
    }

    /// Begins a segment in which a group of so many bytes fits, unless the last one has room for it.
    fn make_room(&mut self, bytes: usize) -> Result<(), CommitError> {
        if self.appender.fits(bytes) {
            return Ok(());
        }
        self.finish_preparing();
        self.appender.roll(bytes)
    }

    /// Writes a group that begins with `first`; returns it with its result, and a batch that did not fit any more.
    #[expect(clippy::type_complexity, reason = "used once, and a name would say no more")]
    fn write_group(
        &mut self,
        first: Submitted,
        line: &mut Line,
    ) -> ((Vec<Submitted>, Result<Position, CommitError>), Option<Submitted>) {
        let number = first.line;
        let mut bytes = payload_bytes(&first.batch);
        let mut group = vec![first];
        let mut behind = None;
        let result = self.make_room(bytes).and_then(|()| {
            while bytes < MAX_GROUP_BYTES {
                let next = match self.submitted.try_recv() {
                    Ok(next) => next,
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                };
                let more = bytes + payload_bytes(&next.batch);
                if next.batch.bytes.len() > MAX_BATCH_BYTES || !self.appender.fits(more) {
                    behind = Some(next);
                    break;
                }
                bytes = more;
                group.push(next);
            }
            self.appender.append(group.iter().map(|s| &s.batch))
        });
        match &result {
            Ok(_) => *line = Line::Open,
            Err(CommitError::Unknown { reason } | CommitError::Rewind { reason }) => {
                *line = Line::Failed(reason.clone());
            }
            Err(error) => *line = Line::Stopped(number, error.clone()),
        }
        ((group, result), behind)
    }

    fn answer(&self, group: Vec<Submitted>, result: Result<Position, CommitError>) {
        for (i, Submitted { ticket, batch, .. }) in group.into_iter().enumerate() {
            let result = match &result {
                Ok(first) => Ok(Position(first.0 + i as u64)),
                Err(error) => Err(Refused { batch, error: error.clone() }),
            };
            // An owner who does not listen any more has acquired the log again, or dropped it.
            let _ = self.results.send(Completed { ticket, result });
        }
    }

    fn wake(&self) {
        let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    /// Begins to make the next segment in the background, once half of this one is used.
    fn prepare_spare(&mut self) {
        let Some(size) = self.prepare else { return };
        let busy = self.preparing.as_ref().is_some_and(|thread| !thread.is_finished());
        if busy || !self.appender.wants_spare() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let made = thread::Builder::new().name("dyeline-log-spare".to_owned()).spawn(move || {
            // If it fails, the roll-over tries again, and says why it cannot.
            let _ = make_spare(&shared, size);
        });
        // Without the thread, the roll-over makes the segment.
        self.preparing = made.ok();
    }
}

/// Why a batch is refused before it is tried.
fn refusal(line: &Line, submitted: &Submitted) -> Option<CommitError> {
    match line {
        Line::Failed(reason) => Some(CommitError::Rewind { reason: reason.clone() }),
        Line::Stopped(stopped, error) if *stopped == submitted.line => Some(match error {
            CommitError::TooLarge { .. } => {
                CommitError::Rewind { reason: "a batch before it was too large".to_owned() }
            }
            other => other.clone(),
        }),
        _ => too_large(&submitted.batch),
    }
}

/// Refuses a batch that is larger than any may be.
fn too_large(batch: &Batch) -> Option<CommitError> {
    let bytes = batch.bytes.len();
    (bytes > MAX_BATCH_BYTES).then_some(CommitError::TooLarge { bytes, limit: MAX_BATCH_BYTES })
}
