//! The pools of a process, one for each group: that is how isolation holds on one machine too.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use dyeline_engine::{Command, JobId, WorkerId, WorkerJoined, WorkerLeft};

use super::{HostError, Watch, local::LocalReports, program::this_build};
use crate::{
    partition::Inbox,
    worker::{Pool, PoolOptions, PoolSettings},
};

/// The pools by worker; a group's pool is started when the first job names the group. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pools(Arc<Shared>);

#[derive(Default)]
struct Shared {
    by_worker: RwLock<BTreeMap<WorkerId, Arc<Pool>>>,
    groups: Mutex<BTreeMap<String, WorkerId>>,
}

impl Pools {
    /// The pool of a worker.
    pub(super) fn of(&self, worker: WorkerId) -> Option<Arc<Pool>> {
        self.0.by_worker.read().unwrap_or_else(PoisonError::into_inner).get(&worker).cloned()
    }

    /// Starts the pool of a group unless it runs.
    pub(super) fn start(
        &self,
        group: &str,
        slots: usize,
        lease: Duration,
        settings: PoolSettings,
        inbox: &Inbox,
        watch: &Watch,
    ) -> Result<(), HostError> {
        let mut groups = self.0.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if groups.contains_key(group) {
            return Ok(());
        }
        let worker = WorkerId(groups.len() as u64 + 1);
        let name = group.to_owned();
        let (build, running) = (this_build(), Vec::new());
        let joined = WorkerJoined { request: None, worker, group: name, slots: slots as u32, build, running };
        inbox.send(Command::WorkerJoined(joined))?;
        let options = PoolOptions { group: group.to_owned(), slots, heartbeat: lease / 3 };
        let reports = Arc::new(LocalReports { inbox: inbox.clone(), worker, watch: watch.clone() });
        let pool = Pool::start(options, settings, reports)
            .map_err(|source| HostError::Start { what: "the threads of a group", source })?;
        self.0.by_worker.write().unwrap_or_else(PoisonError::into_inner).insert(worker, Arc::new(pool));
        groups.insert(group.to_owned(), worker);
        Ok(())
    }

    /// Drops what attempts keep of a job.
    pub(super) fn forget(&self, job: JobId) {
        for pool in self.0.by_worker.read().unwrap_or_else(PoisonError::into_inner).values() {
            pool.forget(job);
        }
    }

    /// Has all attempts hand back, and ends the pools; returns how many attempts did not end within `grace`.
    pub(super) fn drain(&self, grace: Duration, inbox: &Inbox) -> usize {
        let pools = std::mem::take(&mut *self.0.by_worker.write().unwrap_or_else(PoisonError::into_inner));
        let mut left = 0;
        for (worker, pool) in pools {
            left += pool.drain(grace);
            pool.close();
            // When the partition has ended before, there is nobody to tell.
            let _ = inbox.send(Command::WorkerLeft(WorkerLeft { request: None, worker, drained: left == 0 }));
        }
        left
    }
}
