//! Opens a data directory and runs jobs in it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use dyeline_engine::{
    Answer, Command, JobId, JobPhase, JobSpec, RequestId, ResumeJob, RetryJob, Settings, SubmitJob,
    plan::Plan,
};
use dyeline_processors::{
    contract::registry::Registry,
    disk::{Disk, os_disk},
};

use super::{
    HostError, Pools, Watch,
    local::{LocalEvents, LocalHandOff},
    prune::{self, Pruner},
};
use crate::{
    job::Work,
    log::{EmbeddedLog, EmbeddedOptions, Warning},
    partition::{Inbox, Owner, OwnerSettings, SNAPSHOT_EVERY, Started},
    worker::{Lanes, PoolSettings},
};

/// How long a client waits for the durable outcome of a command.
const REQUEST_WAIT: Duration = Duration::from_secs(30);

/// Where state lives.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// A data directory; nothing is made yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of the log.
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The folder of all spools.
    pub fn spool(&self) -> PathBuf {
        self.0.join("spool")
    }
}

/// How a process works.
#[derive(Clone)]
pub struct HostOptions {
    /// Attempts that run at once, in each group.
    pub slots: usize,
    /// How long a worker may be silent.
    pub lease: Duration,
    /// The file layer.
    pub disk: Arc<dyn Disk>,
    /// How attempts call services.
    pub lanes: Lanes,
}

impl Default for HostOptions {
    fn default() -> Self {
        let slots = std::thread::available_parallelism().map_or(2, usize::from);
        Self { slots, lease: Duration::from_secs(10), disk: os_disk(), lanes: Lanes::default() }
    }
}

/// A data directory that this process owns.
pub struct Host {
    data: DataDir,
    options: HostOptions,
    registry: Arc<Registry>,
    owner: Owner,
    inbox: Inbox,
    pools: Pools,
    watch: Watch,
    warnings: Vec<Warning>,
    /// Ends once the owner, which feeds it, has ended.
    pruning: JoinHandle<()>,
}

impl Host {
    /// Takes ownership of a data directory, made if absent. No job runs before its groups are started.
    pub fn open(data: DataDir, options: HostOptions) -> Result<Self, HostError> {
        let registry = Registry::linked().map_err(|duplicates| {
            HostError::Registry(duplicates.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let (pools, watch) = (Pools::default(), Watch::default());
        let log = EmbeddedLog::new(Arc::clone(&options.disk), data.log(), EmbeddedOptions::default());
        let lease_ms = u64::try_from(options.lease.as_millis()).unwrap_or(u64::MAX);
        let engine = Settings { lease_ms, ..Settings::default() };
        let (pruner, pruning) = Pruner::start(Arc::clone(&options.disk), data.spool())
            .map_err(|source| HostError::Start { what: "the thread that removes spools", source })?;
        let Started { owner, warnings } = Owner::start(
            Box::new(log),
            OwnerSettings { engine, snapshot_every: Some(SNAPSHOT_EVERY) },
            Box::new(LocalHandOff(pools.clone())),
            Box::new(LocalEvents { watch: watch.clone(), pools: pools.clone(), pruner }),
        )?;
        let inbox = owner.inbox();
        let host = Self {
            data,
            options,
            registry: Arc::new(registry),
            owner,
            inbox,
            pools,
            watch,
            warnings,
            pruning,
        };
        host.sweep()?;
        Ok(host)
    }

    fn sweep(&self) -> Result<(), HostError> {
        let spool = self.data.spool();
        if self.options.disk.list(&spool).is_ok_and(|folders| !folders.is_empty()) {
            let keeps = self.inbox.read(|state| {
                let jobs =
                    state.jobs().filter(|j| !matches!(j.phase(), JobPhase::Succeeded | JobPhase::Cancelled));
                jobs.map(|j| j.id().to_string()).collect::<std::collections::BTreeSet<_>>()
            })?;
            prune::sweep(&*self.options.disk, &spool, |name| keeps.contains(name));
        }
        Ok(())
    }

    /// What recovery mended.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The way to the partition.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Waits for jobs.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The data directory.
    pub fn data(&self) -> &DataDir {
        &self.data
    }

    /// What is linked into this program.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Whether the partition has stopped by itself; [`Host::close`] tells why.
    pub fn has_failed(&self) -> bool {
        self.owner.has_ended()
    }

    /// Starts the pools of all groups that a plan names.
    pub fn start_groups(&self, plan: &Plan, asynchronous: bool) -> Result<(), HostError> {
        let groups: std::collections::BTreeSet<&str> = plan.stages.iter().map(|s| s.group.as_str()).collect();
        for group in groups {
            let settings = PoolSettings {
                registry: Arc::clone(&self.registry),
                disk: Arc::clone(&self.options.disk),
                spool: self.data.spool(),
                asynchronous,
                lanes: self.options.lanes.clone(),
            };
            self.pools.start(
                group,
                self.options.slots,
                self.options.lease,
                settings,
                &self.inbox,
                &self.watch,
            )?;
        }
        Ok(())
    }

    /// Starts the pools that a logged job needs.
    pub fn start_groups_of(&self, spec: &JobSpec) -> Result<(), HostError> {
        let asynchronous = Work::decode(&spec.node_params).is_ok_and(|work| {
            let processors = work.graph.nodes.iter().map(|n| n.processor.as_str());
            processors.filter_map(|p| self.registry.processors.get(p)).any(|p| p.asynchronous)
        });
        self.start_groups(&spec.plan, asynchronous)
    }

    /// Submits a job and waits until it is durable. The id of the job that stands for it.
    pub fn submit(&self, job: JobId, spec: JobSpec) -> Result<JobId, HostError> {
        self.start_groups_of(&spec)?;
        let make =
            move |request| Command::SubmitJob(Box::new(SubmitJob { request: Some(request), job, spec }));
        match self.request(make)? {
            Answer::Submitted { job, .. } => Ok(job),
            _ => Ok(job),
        }
    }

    /// Resumes a paused job.
    pub fn resume(&self, job: JobId) -> Result<(), HostError> {
        self.request(move |request| Command::ResumeJob(ResumeJob { request: Some(request), job })).map(drop)
    }

    /// Runs a failed job again: what failed from its last checkpoint, or everything.
    pub fn retry(&self, job: JobId, failed_only: bool) -> Result<(), HostError> {
        self.request(move |request| Command::RetryJob(RetryJob { request: Some(request), job, failed_only }))
            .map(drop)
    }

    /// Sends a command and waits for its durable outcome.
    pub fn request(
        &self,
        make: impl FnOnce(RequestId) -> Command + Send + 'static,
    ) -> Result<Answer, HostError> {
        Ok(self.inbox.request(REQUEST_WAIT, make)?)
    }

    /// Has every attempt hand back, and waits for that at most for `grace`. Returns how many did not.
    pub fn drain(&self, grace: Duration) -> usize {
        self.pools.drain(grace, &self.inbox)
    }

    /// The calls that attempts have made.
    pub fn lanes(&self) -> &Lanes {
        &self.options.lanes
    }

    /// The file layer.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.options.disk
    }

    /// Has every attempt hand back, waits for that at most for `grace`, and gives the data directory free. Returns how
    /// many attempts did not end.
    pub fn close(self, grace: Duration) -> Result<usize, HostError> {
        let left = self.pools.drain(grace, &self.inbox);
        self.owner.end()?;
        // A panic was reported by its hook; the next start removes what is left.
        let _ = self.pruning.join();
        Ok(left)
    }
}
