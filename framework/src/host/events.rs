//! Waits for what becomes of jobs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use dyeline_engine::{JobId, JobPhase};

/// The last durable phase of each job, for those who wait. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    phases: Mutex<Phases>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Phases {
    by_job: BTreeMap<JobId, JobPhase>,
    /// Counts every change, so that one who waits can tell that there was any.
    version: u64,
    /// What gave out under this process.
    environment: Option<String>,
}

impl Watch {
    /// The environment gave out: what, and where.
    pub(super) fn set_environment(&self, text: String) {
        let mut phases = self.0.phases.lock().unwrap_or_else(PoisonError::into_inner);
        phases.environment.get_or_insert(text);
        phases.version += 1;
        self.0.changed.notify_all();
    }

    /// What gave out under this process, such as a disk without room.
    pub fn environment(&self) -> Option<String> {
        self.0.phases.lock().unwrap_or_else(PoisonError::into_inner).environment.clone()
    }

    pub(super) fn set(&self, job: JobId, phase: JobPhase) {
        let mut phases = self.0.phases.lock().unwrap_or_else(PoisonError::into_inner);
        phases.by_job.insert(job, phase);
        phases.version += 1;
        self.0.changed.notify_all();
    }

    pub(super) fn remove(&self, job: JobId) {
        self.0.phases.lock().unwrap_or_else(PoisonError::into_inner).by_job.remove(&job);
    }

    /// Wakes all who wait, so that they look again.
    pub fn poke(&self) {
        self.0.phases.lock().unwrap_or_else(PoisonError::into_inner).version += 1;
        self.0.changed.notify_all();
    }

    /// The last phase that changed durably since this process started; `None` if it has not.
    pub fn phase(&self, job: JobId) -> Option<JobPhase> {
        self.0.phases.lock().unwrap_or_else(PoisonError::into_inner).by_job.get(&job).copied()
    }

    /// Waits for any change or poke, at most for `wait`.
    pub fn changed(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut phases = self.0.phases.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = phases.version;
        while phases.version == seen {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            phases = self.0.changed.wait_timeout(phases, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
