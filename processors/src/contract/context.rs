//! What a processor may know about the attempt it runs in.

use std::{
    fmt,
    path::PathBuf,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use dyeline_router::dye::Lane;

use super::{Error, Result};
use crate::disk::Disk;

/// Why an attempt should stop before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stop {
    /// The job was paused, or the worker drains: checkpoint and hand back.
    HandBack = 1,
    /// The job was cancelled: stop without a checkpoint.
    Cancel = 2,
    /// Its time is up.
    TimedOut = 3,
}

/// A flag that stops an attempt, shared by the worker, the attempt and what it calls.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicU8>);

impl StopFlag {
    /// Asks the attempt to stop. A stronger reason replaces a weaker one.
    pub fn stop(&self, why: Stop) {
        self.0.fetch_max(why as u8, Ordering::Release);
    }

    /// Why to stop, if at all.
    #[inline]
    pub fn get(&self) -> Option<Stop> {
        match self.0.load(Ordering::Acquire) {
            1 => Some(Stop::HandBack),
            2 => Some(Stop::Cancel),
            3 => Some(Stop::TimedOut),
            _ => None,
        }
    }
}

/// The attempt a processor runs in.
#[derive(Clone)]
pub struct Context(Arc<Parts>);

struct Parts {
    attempt: Attempt,
    calling: Calling,
}

/// What a [`Context`] holds; made by the worker.
pub struct Attempt {
    /// The job's id, 26 characters.
    pub job: String,
    /// The chain's name.
    pub chain: String,
    /// The chain's version, if it has one.
    pub version: Option<String>,
    /// The node's name.
    pub node: String,
    /// The shard, from 0.
    pub shard: u32,
    /// The attempt at this task, from 1.
    pub attempt: u32,
    /// The attempt's fencing number: larger for every later attempt, unique in its partition.
    pub fence: u64,
    /// Raised when the attempt should stop.
    pub stop: StopFlag,
    /// When its time is up.
    pub deadline: Option<Instant>,
    /// The file layer.
    pub disk: Arc<dyn Disk>,
    /// A folder for this job's spool.
    pub spool: PathBuf,
    /// Rows in a full chunk; frozen per job.
    pub chunk_rows: usize,
    /// Runs futures of asynchronous processors; absent where the chain has none.
    pub futures: Option<Arc<dyn BlockOn>>,
}

/// How an attempt calls services; made by the worker.
#[derive(Clone, Default)]
pub struct Calling {
    /// The lane of the attempt: its chain, its version, its job, its trace.
    pub lane: Lane,
    /// Clients that stamp this lane, if the worker has any.
    #[cfg(feature = "http")]
    pub clients: Option<crate::lanes::Clients>,
}

/// Runs a future to its end on a runtime with timers and sockets.
pub trait BlockOn: Send + Sync {
    /// Runs `future` on the calling thread, driving the runtime's timers and sockets meanwhile. It is left where it is
    /// when the runtime ends, and not begun on a thread that runs a future already.
    fn block_on(&self, future: std::pin::Pin<&mut (dyn Future<Output = ()> + '_)>);
}

impl Context {
    /// A context over an attempt that is in no lane.
    pub fn new(attempt: Attempt) -> Self {
        Self::in_lane(attempt, Calling::default())
    }

    /// A context over an attempt that is in a lane.
    pub fn in_lane(attempt: Attempt, calling: Calling) -> Self {
        Self(Arc::new(Parts { attempt, calling }))
    }

    /// The job's id.
    pub fn job(&self) -> &str {
        &self.0.attempt.job
    }

    /// The chain's name.
    pub fn chain(&self) -> &str {
        &self.0.attempt.chain
    }

    /// The chain's version, if it has one.
    pub fn version(&self) -> Option<&str> {
        self.0.attempt.version.as_deref()
    }

    /// The node's name in the chain.
    pub fn node(&self) -> &str {
        &self.0.attempt.node
    }

    /// The shard, from 0.
    pub fn shard(&self) -> u32 {
        self.0.attempt.shard
    }

    /// The attempt at this task, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.attempt.attempt
    }

    /// The fencing number; a sink passes it on, so that the outside can refuse a lost attempt's late writes.
    pub fn fence(&self) -> u64 {
        self.0.attempt.fence
    }

    /// Rows in a full chunk.
    pub fn chunk_rows(&self) -> usize {
        self.0.attempt.chunk_rows
    }

    /// Why to stop, if at all. What runs long within one item asks now and then.
    #[inline]
    pub fn stopped(&self) -> Option<Stop> {
        self.0.attempt.stop.get()
    }

    /// The time left, if the attempt has a time-out.
    pub fn time_left(&self) -> Option<Duration> {
        self.0.attempt.deadline.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// The file layer: sinks write through it.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.0.attempt.disk
    }

    /// A folder for this job's spool.
    pub fn spool(&self) -> &std::path::Path {
        &self.0.attempt.spool
    }

    /// Runs futures, where the chain has asynchronous processors.
    pub fn futures(&self) -> Option<&Arc<dyn BlockOn>> {
        self.0.attempt.futures.as_ref()
    }

    /// The lane that the calls of this attempt carry: the chain, its version and the job, and a trace with one id for
    /// all of the job.
    pub fn lane(&self) -> &Lane {
        &self.0.calling.lane
    }

    /// A client for HTTP whose calls carry this attempt's lane, wherever they are made, and go where the rules send
    /// them: `cx.http().get("http://ledger/accounts/7").send().await?`. Without rules they go to the address they name.
    #[cfg(feature = "http")]
    pub fn http(&self) -> crate::lanes::Http {
        self.clients().http()
    }

    #[cfg(feature = "http")]
    fn clients(&self) -> &crate::lanes::Clients {
        self.0.calling.clients.as_ref().unwrap_or_else(|| crate::lanes::Clients::outside())
    }

    /// The same for a generated gRPC client of a service: `RiskClient::new(cx.grpc("risk"))`.
    #[cfg(feature = "grpc")]
    pub fn grpc(&self, service: &str) -> crate::lanes::Grpc {
        self.clients().grpc(service)
    }

    /// Runs a future to its end, for synchronous processors that call out now and then. One that calls out for each
    /// item is faster as an [`AsyncProcess`](super::AsyncProcess), whose calls run side by side.
    ///
    /// # Errors
    /// The worker has no runtime, or is stopping; or the caller is a future itself, and has to await this one.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        let futures =
            self.futures().ok_or_else(|| Error::fatal("run a future: the worker has no runtime for it"))?;
        let mut ended = None;
        futures.block_on(pin!(async { ended = Some(future.await) }));
        ended.ok_or_else(|| {
            Error::retryable("run a future: the worker is stopping, or this is a future that should await it")
        })
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a = &self.0.attempt;
        write!(f, "Context({}/{}/{} attempt {})", a.job, a.node, a.shard, a.attempt)
    }
}
