//! The embedded log as its owner sees it.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use dyeline_processors::disk::{Disk, Open, SyncPoint};

use super::{
    appender::{Appender, CreateError, PAGE, make_first_segment},
    cursor::Cursor,
    folder::{Failed, Folder, LockGuard, SEGMENT, SPARE, is_full},
    format::EpochFile,
    recovery::{Recovered, make_durable, recover},
    shared::{End, SegmentMeta, Shared, Spare, State},
    snapshots::{Snapshots, read_snapshot},
    tail::LogTail,
    writer::{Submitted, WakeSlot, Writer},
};
use crate::log::{
    AcquireError, Acquired, Apply, Batch, CommitError, Completed, DiskFailure, Entry, Epoch, InFlight,
    PartitionLog, Position, Refused, RestoreError, SnapshotStore, Tail, TailError, Ticket, Wake,
};

/// How an embedded log uses its disk. The defaults suit everything but tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Bytes of a segment. 8 MiB are written in some 30 ms and hold some ten thousand small batches.
    pub segment_bytes: u64,
    /// Bytes of the first segment of a new log: small, so that the first commit of a small job does not wait for it.
    pub first_segment_bytes: u64,
    /// How many trimmed segments are kept for reuse; others are removed.
    pub spare_segments: usize,
    /// Whether the next segment is written by a thread of its own before it is needed.
    pub prepare: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self { segment_bytes: 8 << 20, first_segment_bytes: 256 << 10, spare_segments: 4, prepare: true }
    }
}

/// The smallest segment: header, one frame and seal with something in it.
const SMALLEST_SEGMENT: u64 = 4096;

/// A log in one folder. See the module for its files and [`PartitionLog`] for what it promises.
///
/// Dropping it waits until what was submitted is written, then lets the folder go.
pub struct EmbeddedLog {
    folder: Folder,
    options: EmbeddedOptions,
    lock: Option<LockGuard>,
    shared: Arc<Shared>,
    running: Option<Running>,
    /// The newest snapshot, read while acquiring, until a restore takes it.
    snapshot: Option<(Position, Vec<u8>)>,
    wake: WakeSlot,
    next_ticket: u64,
    line: u64,
    line_failed: bool,
    in_flight: VecDeque<(Ticket, usize)>,
    in_flight_bytes: usize,
    /// Submitted while nothing was running.
    unheard: VecDeque<Completed>,
    restorable: bool,
}

/// What a running writer is reached by.
struct Running {
    submit: Sender<Submitted>,
    results: Receiver<Completed>,
    thread: JoinHandle<()>,
}

impl EmbeddedLog {
    /// A log in `folder` of `disk`. Touches nothing before it is acquired.
    pub fn new(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>, options: EmbeddedOptions) -> Self {
        let folder = Folder { disk, path: folder.into() };
        let options = EmbeddedOptions {
            segment_bytes: options.segment_bytes.max(SMALLEST_SEGMENT),
            first_segment_bytes: options.first_segment_bytes.max(SMALLEST_SEGMENT),
            ..options
        };
        Self {
            shared: Arc::new(Shared::new(folder.clone(), State::default())),
            folder,
            options,
            lock: None,
            running: None,
            snapshot: None,
            wake: Arc::new(Mutex::new(None)),
            next_ticket: 0,
            line: 0,
            line_failed: false,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            unheard: VecDeque::new(),
            restorable: false,
        }
    }

    /// Reads a log without owning or changing it, as [`PartitionLog::restore`] does: for looking at what a process that
    /// has ended left behind. A folder that does not exist is an empty log.
    ///
    /// # Errors
    /// As a restore. While another process owns the log, a read can meet a trim and report damage.
    pub fn read(
        disk: Arc<dyn Disk>,
        folder: impl Into<PathBuf>,
        apply: &mut Apply<'_>,
    ) -> Result<Position, RestoreError> {
        let folder = Folder { disk, path: folder.into() };
        let recovered = recover(&folder)?;
        replay(&folder, recovered.snapshot, &recovered.segments, recovered.end, apply)
    }

    /// Ends the writer, and forgets what was in flight.
    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            drop(running.submit);
            // A panic of the writer is a bug; what it had not answered is unknown, which acquiring finds out.
            let _ = running.thread.join();
        }
        self.shared.release();
        self.in_flight.clear();
        self.in_flight_bytes = 0;
        self.unheard.clear();
        self.snapshot = None;
        self.restorable = false;
    }

    /// Everything between recovery and the first batch; returns the new epoch.
    fn take_over(&mut self, recovered: &mut Recovered) -> Result<Epoch, AcquireError> {
        make_durable(&self.folder, recovered)?;
        let epoch = Epoch(recovered.epoch.0 + 1);
        self.folder.write_epoch(EpochFile { epoch, reached: recovered.end.position })?;
        if recovered.segments.is_empty() {
            let first = make_first_segment(&self.folder, epoch, self.options.first_segment_bytes).map_err(
                |error| match error {
                    CreateError::Full { needed } => {
                        AcquireError::Full { path: self.folder.path.clone(), needed }
                    }
                    CreateError::Disk(failure) => failure.into(),
                },
            )?;
            recovered.segments.push(first);
            recovered.end.offset = super::format::SEGMENT_HEADER as u64;
        }
        self.folder
            .disk
            .sync_dir(&self.folder.path, SyncPoint::LogFolder)
            .failed("sync", &self.folder.path)?;
        Ok(epoch)
    }

    fn start(&mut self, recovered: &Recovered, epoch: Epoch) -> Result<(), AcquireError> {
        remove_leftovers(&self.folder, recovered)?;
        let spares = find_spares(&self.folder, self.options.segment_bytes)?;
        let state = State {
            segments: recovered.segments.clone(),
            end: recovered.end,
            next_spare: spares.last().map_or(0, |s| s.number + 1),
            spares,
            snapshots: recovered.snapshots.clone(),
            owned: true,
        };
        self.shared = Arc::new(Shared::new(self.folder.clone(), state));
        let (submit, submitted) = unbounded();
        let (results_in, results) = unbounded();
        let writer = Writer {
            appender: Appender::open(Arc::clone(&self.shared), epoch, self.options.segment_bytes)?,
            shared: Arc::clone(&self.shared),
            submitted,
            results: results_in,
            wake: Arc::clone(&self.wake),
            prepare: self.options.prepare.then_some(self.options.segment_bytes),
            preparing: None,
        };
        let thread = thread::Builder::new()
            .name("dyeline-log".to_owned())
            .spawn(move || writer.run())
            .failed("start the writer of", &self.folder.path)?;
        self.running = Some(Running { submit, results, thread });
        Ok(())
    }

    fn refuse(&mut self, ticket: Ticket, batch: Batch) {
        let reason = "the log is not acquired".to_owned();
        self.unheard.push_back(Completed {
            ticket,
            result: Err(Refused { batch, error: CommitError::Rewind { reason } }),
        });
    }

    /// Books a result out of what is in flight.
    fn settle(&mut self, completed: Completed) -> Completed {
        if let Some((_, bytes)) = self.in_flight.pop_front() {
            self.in_flight_bytes -= bytes;
        }
        self.line_failed |= completed.result.is_err();
        if self.in_flight.is_empty() && self.line_failed {
            self.line += 1;
            self.line_failed = false;
        }
        completed
    }
}

/// A call that failed for want of space is told as such: freeing some helps.
fn name_full_disk(error: AcquireError) -> AcquireError {
    match error {
        AcquireError::Disk(failure) if is_full(&failure.source) => {
            AcquireError::Full { path: failure.file, needed: PAGE }
        }
        other => other,
    }
}

/// Removes what was left of trimmed segments. What lies below a gap in the log is kept, unless no snapshot needs it.
fn remove_leftovers(folder: &Folder, recovered: &Recovered) -> Result<(), DiskFailure> {
    let (Some(oldest), [needed, _]) = (recovered.segments.first(), recovered.snapshots.as_slice()) else {
        return Ok(());
    };
    for number in folder.numbers(&folder.path, SEGMENT)? {
        if number < oldest.number && oldest.base <= *needed {
            let path = folder.segment(number);
            folder.disk.remove(&path).failed("remove", &path)?;
        }
    }
    Ok(())
}

/// Spares by number, with their sizes; removes those that are too small.
fn find_spares(folder: &Folder, smallest: u64) -> Result<Vec<Spare>, DiskFailure> {
    let mut spares = Vec::new();
    for number in folder.numbers(&folder.path, SPARE)? {
        let path = folder.spare(number);
        let size = folder.open(&path, Open::Read)?.len().failed("read", &path)?;
        if size < smallest {
            folder.disk.remove(&path).failed("remove", &path)?;
        } else {
            spares.push(Spare { number, size });
        }
    }
    Ok(spares)
}

/// Hands out a snapshot and every batch from it to the end.
fn replay(
    folder: &Folder,
    snapshot: Option<(Position, Vec<u8>)>,
    segments: &[SegmentMeta],
    end: End,
    apply: &mut Apply<'_>,
) -> Result<Position, RestoreError> {
    let mut from = Position(0);
    if let Some((at, state)) = snapshot {
        apply(Entry::Snapshot(at, &state)).map_err(|source| RestoreError::Apply { position: at, source })?;
        from = at;
    }
    let mut cursor = Cursor::new(folder.clone(), from);
    while let Some((position, batch)) = cursor.next(segments, &end)? {
        apply(Entry::Batch(position, batch)).map_err(|source| RestoreError::Apply { position, source })?;
    }
    Ok(end.position)
}

impl PartitionLog for EmbeddedLog {
    fn acquire(&mut self) -> Result<Acquired, AcquireError> {
        self.stop();
        if self.lock.is_none() {
            self.folder.make().map_err(|failure| name_full_disk(failure.into()))?;
            self.lock = Some(self.folder.lock().map_err(name_full_disk)?);
        }
        let begun = (|| {
            self.folder.remove_temporary()?;
            let mut recovered = recover(&self.folder)?;
            let epoch = self.take_over(&mut recovered)?;
            self.start(&recovered, epoch)?;
            Ok((recovered, epoch))
        })();
        match begun {
            Ok((recovered, epoch)) => {
                self.snapshot = recovered.snapshot;
                self.restorable = true;
                Ok(Acquired { epoch, next: recovered.end.position, warnings: recovered.warnings })
            }
            Err(error) => {
                self.lock = None;
                Err(name_full_disk(error))
            }
        }
    }

    fn restore(&mut self, apply: &mut Apply<'_>) -> Result<Position, RestoreError> {
        if !self.restorable {
            return Err(RestoreError::NotAcquired);
        }
        let (segments, end, kept) = {
            let state = self.shared.state();
            (state.segments.clone(), state.end, state.snapshots.last().copied())
        };
        let snapshot = match (self.snapshot.take(), kept) {
            (Some(read), _) => Some(read),
            (None, Some(at)) => Some((at, read_snapshot(&self.folder, at)?)),
            (None, None) => None,
        };
        replay(&self.folder, snapshot, &segments, end, apply)
    }

    fn submit(&mut self, batch: Batch) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.restorable = false;
        self.in_flight.push_back((ticket, batch.bytes.len()));
        self.in_flight_bytes += batch.bytes.len();
        match &self.running {
            Some(running) => {
                let submitted = Submitted { ticket, batch, line: self.line };
                if let Err(unsent) = running.submit.send(submitted) {
                    self.refuse(ticket, unsent.into_inner().batch);
                }
            }
            None => self.refuse(ticket, batch),
        }
        ticket
    }

    fn completed(&mut self, wait: Duration) -> Option<Completed> {
        let (ticket, _) = *self.in_flight.front()?;
        if self.unheard.front().is_some_and(|c| c.ticket == ticket) {
            let completed = self.unheard.pop_front()?;
            return Some(self.settle(completed));
        }
        let received = match &self.running {
            Some(running) => running.results.recv_timeout(wait),
            None => Err(RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(completed) => Some(self.settle(completed)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let error = CommitError::Unknown { reason: "the writer of the log has ended".to_owned() };
                let refused = Refused { batch: Batch::default(), error };
                Some(self.settle(Completed { ticket, result: Err(refused) }))
            }
        }
    }

    fn in_flight(&self) -> InFlight {
        InFlight { batches: self.in_flight.len(), bytes: self.in_flight_bytes }
    }

    fn set_wake(&mut self, wake: Wake) {
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(wake);
    }

    fn tail(&self, from: Position) -> Result<Box<dyn Tail>, TailError> {
        Ok(Box::new(LogTail::new(Arc::clone(&self.shared), from)?))
    }

    fn snapshots(&self) -> Arc<dyn SnapshotStore> {
        Arc::new(Snapshots {
            shared: Arc::clone(&self.shared),
            spares: self.options.spare_segments,
            segment_bytes: self.options.segment_bytes,
        })
    }
}

impl Drop for EmbeddedLog {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedLog")
            .field("folder", &self.folder.path)
            .field("running", &self.running.is_some())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
