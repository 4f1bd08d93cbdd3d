//! A host in a folder of its own with a job that would run for years, and terminals that reach it.

use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use dyeline::{
    builtin::Number,
    chain::Given,
    control::{Answer, Client, ControlServer, Outcome, Request, Selection, connect},
    disk::os_disk,
    host::{DataDir, Host, HostOptions},
    launch::{LaunchRequest, prepare},
    prelude::*,
    view::JobStatus,
};
use dyeline_engine::{JobId, JobPhase};
use dyeline_processors::contract::registry::Registry;

/// What a terminal may wait for anything: the promise is a second.
pub(crate) const PROMISED: Duration = Duration::from_secs(1);

/// Keeps every so many-th number; 0 keeps none.
#[derive(Processor)]
#[processor(name = "keep-some", input = Number, output = Number)]
struct KeepSome {
    /// How many numbers one is kept of
    #[param(live, default = 0)]
    every: i64,
    /// Cannot change on a running job
    #[param(default = 1)]
    fixed: i64,
}

impl Process for KeepSome {
    fn process(&mut self, item: Number, out: &mut Emitter<Number>, _: &Context) -> Result<()> {
        if self.every > 0 && item.value % (self.every * self.fixed) == 0 {
            out.emit(item);
        }
        Ok(())
    }
}

const CHAIN: &str = r#"
[chain]
name = "endless"

[params]
to = { type = "integer", default = 4000000000000 }

[nodes.split]
processor = "range-split"
to        = "{to}"
shards    = 4

[nodes.numbers]
processor  = "range-load"
after      = "split"
checkpoint = "50ms"

[nodes.keep]
processor = "keep-some"
after     = "numbers"

[nodes.write]
processor = "jsonl-write"
after     = "keep"
path      = "out"
"#;

/// One stage at a time: each keeps all cores busy, and what is promised within a second is measured.
static TURN: Mutex<()> = Mutex::new(());

/// A process with a job, and the folder it works in.
pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) server: ControlServer,
    pub(crate) job: JobId,
    pub(crate) folder: tempfile::TempDir,
    turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Submits the endless job, and returns once it runs.
    pub(crate) fn set() -> Self {
        Self::set_in(tempfile::tempdir().unwrap(), "data")
    }

    pub(crate) fn set_in(folder: tempfile::TempDir, data: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let host = Host::open(DataDir::new(folder.path().join(data)), options()).unwrap();
        let server = ControlServer::start(&host).unwrap();
        let job = submit(&host, folder.path(), 1);
        let stage = Self { host, server, job, folder, turn };
        stage.until("the job runs", |status| status.live > 0);
        stage
    }

    pub(crate) fn data(&self) -> DataDir {
        self.host.data().clone()
    }

    pub(crate) fn terminal(&self) -> Client {
        connect(&self.data()).expect("a process listens")
    }

    pub(crate) fn status(&self) -> JobStatus {
        JobStatus::read(self.host.inbox(), self.job).unwrap().unwrap()
    }

    /// Waits until the job is as it should be.
    pub(crate) fn until(&self, what: &str, is: impl Fn(&JobStatus) -> bool) -> JobStatus {
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let status = self.status();
            if is(&status) {
                return status;
            }
            assert!(Instant::now() < limit, "not within 30 s: {what}; the job: {status:#?}");
            self.host.watch().changed(Duration::from_millis(20));
        }
    }

    /// This job, as a command names it.
    pub(crate) fn select(&self) -> Selection {
        Selection { jobs: vec![self.job.to_string()], chain: None }
    }

    /// Ends the process as a drain does; what is left is the folder.
    pub(crate) fn close(self) -> (tempfile::TempDir, DataDir, JobId) {
        let data = self.data();
        self.server.close();
        assert_eq!(self.host.close(Duration::from_secs(30)).unwrap(), 0, "all attempts handed back");
        drop(self.turn);
        (self.folder, data, self.job)
    }
}

pub(crate) fn options() -> HostOptions {
    HostOptions { slots: 2, ..HostOptions::default() }
}

/// Submits the endless chain; `entropy` tells its id from others of the same millisecond.
pub(crate) fn submit(host: &Host, folder: &Path, entropy: u64) -> JobId {
    let file = folder.join("endless.toml");
    fs::write(&file, CHAIN).unwrap();
    let given = Given::new(jiff::Timestamp::UNIX_EPOCH, folder);
    let request = LaunchRequest { file, given, limit: None, id: None, rules: None };
    let prepared = prepare(&request, &Registry::linked().unwrap(), &os_disk()).unwrap();
    host.submit(JobId::new(1_772_368_205_042, 0, entropy), prepared.spec).unwrap()
}

/// The outcome of a command for one job.
pub(crate) fn one(answer: Answer) -> Outcome {
    let mut outcomes = answer.outcomes();
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.remove(0)
}

/// Asks, and has the answer within what is promised.
pub(crate) fn ask(terminal: &mut Client, request: &Request) -> Answer {
    let began = Instant::now();
    let answer = terminal.call(request).unwrap();
    assert!(began.elapsed() < PROMISED, "{request:?} took {:?}", began.elapsed());
    answer
}

/// The phase in which a command left one job.
pub(crate) fn phase_after(terminal: &mut Client, request: &Request) -> JobPhase {
    let outcome = one(ask(terminal, request));
    assert_eq!(outcome.error, None);
    outcome.state
}
