//! Reaches the jobs of a data directory: through the process that runs them, or through the log when none does.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dyeline_engine::{JobId, JobPhase, State};

use super::{
    Answer, Client, ControlError, Outcome, Request, Selection,
    act::{carry_out, is_failed, is_paused, is_unfinished},
    answer::answer,
    connect, select,
};
use crate::{
    host::{DataDir, Host, HostOptions, Watch},
    launch::discard_parts_of,
    log::{EmbeddedLog, Entry, RestoreError},
    view::JobStatus,
};

/// How long a process that owns the data directory may be without a socket: while it starts, and while it ends.
const SETTLE: Duration = Duration::from_secs(2);

/// How long to wait between two looks for the socket.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The way to the jobs of a data directory.
pub struct Reach {
    data: DataDir,
    options: HostOptions,
}

impl Reach {
    /// The way to a data directory; nothing is opened yet.
    pub fn new(data: DataDir, options: HostOptions) -> Self {
        Self { data, options }
    }

    /// The process that runs the jobs, if one does.
    pub fn process(&self) -> Option<Client> {
        connect(&self.data)
    }

    /// Asks the process, or the log.
    ///
    /// # Errors
    /// What the process says, what is wrong with the log, or that another process owns it and does not answer.
    pub fn call(&self, request: &Request) -> Result<Answer, ControlError> {
        if let Some(mut process) = self.process() {
            match process.call(request) {
                // It ended meanwhile: what it left is in the log.
                Err(error) if error.code == super::code::ENDING => {}
                answered => return answered,
            }
        }
        let state = self.state()?;
        if let Some(answered) = answer(&state, request) {
            return answered.map(unattended);
        }
        // What is not there is told without making or owning anything.
        if selected(&state, request)?.is_empty() && !matches!(request, Request::Purge(_)) {
            return Ok(Answer::Done(Vec::new()));
        }
        drop(state);
        self.act(request)
    }

    /// Owns the data directory for a moment.
    fn act(&self, request: &Request) -> Result<Answer, ControlError> {
        let until = Instant::now() + SETTLE;
        let host = loop {
            match Host::open(self.data.clone(), self.options.clone()) {
                Ok(host) => break host,
                Err(error) if error.is_held() && Instant::now() < until => {
                    if let Some(mut process) = self.process() {
                        return process.call(request);
                    }
                    // Nothing tells when another process lets go of its lock.
                    Watch::default().changed(LOOK_EVERY);
                }
                Err(error) => return Err(error.into()),
            }
        };
        let done = carry_out(host.inbox(), host.registry(), request.clone());
        if let (Request::Cancel { .. }, Ok(Answer::Done(outcomes))) = (request, &done) {
            // Where a process runs the job, that does it.
            for outcome in outcomes.iter().filter(|o| o.error.is_none() && o.state == JobPhase::Cancelled) {
                discard_parts_of(&host, outcome.job);
            }
        }
        let closed = host.close(Duration::ZERO);
        let done = done?;
        closed?;
        Ok(unattended(done))
    }

    /// Shows a job to `each` until it has ended, nobody works on it, or `each` says no.
    ///
    /// # Errors
    /// As [`Reach::call`].
    pub fn watch(&self, job: &str, each: &mut dyn FnMut(&JobStatus) -> bool) -> Result<(), ControlError> {
        if let Some(mut process) = self.process() {
            let mut ended = false;
            let mut seen = |status: &JobStatus| {
                ended = status.phase.is_terminal();
                each(status)
            };
            process.watch(job, &mut seen)?;
            if ended {
                return Ok(());
            }
        }
        if let Answer::Status(shown) = self.call(&Request::Status { jobs: vec![job.to_owned()] })? {
            for status in &shown {
                each(status);
            }
        }
        Ok(())
    }

    /// The state as the log has it, without owning or changing it.
    fn state(&self) -> Result<State, ControlError> {
        let until = Instant::now() + SETTLE;
        loop {
            match self.read() {
                Ok(state) => return Ok(state),
                // A process that works on the log can trim what is being read.
                Err(_) if Instant::now() < until && self.process().is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&self) -> Result<State, RestoreError> {
        let mut state = State::new(0);
        EmbeddedLog::read(Arc::clone(&self.options.disk), self.data.log(), &mut |entry| {
            match entry {
                Entry::Snapshot(_, bytes) => state = State::read_snapshot(bytes)?,
                Entry::Batch(_, bytes) => state.replay(bytes)?,
            }
            Ok(())
        })?;
        Ok(state)
    }
}

/// The jobs that a command is for.
fn selected(state: &State, request: &Request) -> Result<Vec<JobId>, ControlError> {
    let of = |selection: &Selection, fits: fn(JobPhase) -> bool| select::select(state, selection, fits);
    match request {
        Request::Pause { select, .. } | Request::Cancel { select } | Request::Set { select, .. } => {
            of(select, is_unfinished)
        }
        Request::Resume { select } => of(select, is_paused),
        Request::Retry { select, .. } => of(select, is_failed),
        Request::Note { select, .. } => of(select, |_| true),
        Request::Purge(_) | Request::Jobs | Request::Status { .. } | Request::Watch { .. } => Ok(Vec::new()),
    }
}

/// Marks what is shown: no process works on it.
fn unattended(answer: Answer) -> Answer {
    match answer {
        Answer::Jobs(mut lines) => {
            lines.iter_mut().for_each(|line| line.attended = false);
            Answer::Jobs(lines)
        }
        Answer::Status(mut shown) => {
            for status in &mut shown {
                status.attended = false;
                // The log has leases of a process that was killed; the next owner voids them.
                status.live = 0;
                status.stages.iter_mut().for_each(|stage| stage.live = 0);
            }
            Answer::Status(shown)
        }
        other => other,
    }
}

impl Answer {
    /// What became of a command, for each job; nothing for other answers.
    pub fn outcomes(self) -> Vec<Outcome> {
        match self {
            Self::Done(outcomes) => outcomes,
            _ => Vec::new(),
        }
    }
}
