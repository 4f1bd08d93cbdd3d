//! What the attempts of one process share, and what the pool holds of each.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use dyeline_engine::{HandOut, JobId, LiveParams, Millis};
use dyeline_processors::{
    Error, Result,
    contract::{
        Stop,
        context::{BlockOn, StopFlag},
        registry::Registry,
    },
    disk::Disk,
};

use super::Lanes;
use crate::job::Work;

/// What every attempt of a process works with.
pub(crate) struct Environment {
    /// Processors and records.
    pub registry: Arc<Registry>,
    /// The file layer.
    pub disk: Arc<dyn Disk>,
    /// The folder of all spools.
    pub spool: PathBuf,
    /// Runs futures of asynchronous processors.
    pub futures: Option<Arc<dyn BlockOn>>,
    /// How attempts call services.
    pub lanes: Lanes,
    /// Jobs whose nodes were read from the log's form already.
    works: Mutex<BTreeMap<JobId, Arc<Work>>>,
}

impl Environment {
    /// An environment without jobs.
    pub fn new(
        registry: Arc<Registry>,
        disk: Arc<dyn Disk>,
        spool: PathBuf,
        futures: Option<Arc<dyn BlockOn>>,
        lanes: Lanes,
    ) -> Self {
        Self { registry, disk, spool, futures, lanes, works: Mutex::default() }
    }

    /// The folder of a job's spool.
    pub fn spool_of(&self, job: JobId) -> PathBuf {
        self.spool.join(job.to_string())
    }

    /// The nodes of the job that a task belongs to.
    pub fn work(&self, out: &HandOut) -> Result<Arc<Work>> {
        let mut works = self.works.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(work) = works.get(&out.task.job) {
            return Ok(Arc::clone(work));
        }
        let work = Arc::new(Work::decode(&out.spec.node_params).map_err(Error::from)?);
        works.insert(out.task.job, Arc::clone(&work));
        Ok(work)
    }

    /// Forgets a job that has ended.
    pub fn forget(&self, job: JobId) {
        self.works.lock().unwrap_or_else(PoisonError::into_inner).remove(&job);
    }
}

/// The time from now until an instant of the engine's clock; zero if it has passed.
pub(crate) fn until(at: Millis) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(at.0).saturating_sub(now)
}

/// One attempt as its pool holds it.
pub(crate) struct Handle {
    /// What was handed out.
    pub out: HandOut,
    /// Raised when it should stop.
    pub stop: StopFlag,
    times: Mutex<Times>,
    live: Mutex<Option<LiveParams>>,
    live_changed: AtomicBool,
    abandoned: AtomicBool,
}

#[derive(Default)]
struct Times {
    started: bool,
    asked_to_stop: Option<Instant>,
}

impl Handle {
    /// An attempt that waits.
    pub fn new(out: HandOut) -> Self {
        Self {
            out,
            stop: StopFlag::default(),
            times: Mutex::default(),
            live: Mutex::default(),
            live_changed: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
        }
    }

    /// It runs now.
    pub fn start(&self) {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).started = true;
    }

    /// Asks it to stop.
    pub fn ask_to_stop(&self, why: Stop) {
        self.stop.stop(why);
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        // A pause may take until the next checkpoint; only what must end at once can hang.
        if why != Stop::HandBack {
            times.asked_to_stop.get_or_insert_with(Instant::now);
        }
    }

    /// Whether it runs on, this long after it was told to end at once.
    pub fn hangs(&self, after: Duration) -> bool {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.started && times.asked_to_stop.is_some_and(|at| at.elapsed() >= after)
    }

    /// Gives up on its thread.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    /// Whether its thread was given up on, and replaced.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Leaves new live parameters for it.
    pub fn set_live(&self, params: LiveParams) {
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(params);
        self.live_changed.store(true, Ordering::Release);
    }

    /// Takes the new live parameters, if there are any.
    #[inline]
    pub fn take_live(&self) -> Option<LiveParams> {
        if !self.live_changed.load(Ordering::Acquire) {
            return None;
        }
        self.live_changed.store(false, Ordering::Release);
        self.live.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
