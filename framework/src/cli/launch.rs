//! `launch`, and what `resume` and `retry` do when no process runs the job: shows a job run here, and ends as it ends.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use dyeline_engine::JobId;
use dyeline_router::toml::Mistakes;

use super::{Exit, Failure, Progress, Session, args::GivenArgs, chain::given};
use crate::{
    control::ControlServer,
    host::Host,
    launch::{self, Again, Choice, Ended, How, LaunchError, LaunchRequest, Observer},
    view::{JobDocument, JobStatus, lane_text, reconcile, summary_text},
    worker::Lanes,
};

/// A chain file and how it is launched.
#[derive(Clone, Debug, clap::Args)]
pub struct LaunchArgs {
    /// The chain file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    given: GivenArgs,
    /// Preview on the first N items of one shard
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// An id that succeeds once: launched again, nothing runs
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: Option<String>,
    /// Leave an unfinished job of the same chain and parameters, and start another
    #[arg(long, conflicts_with = "adopt")]
    new: bool,
    /// Go on with the unfinished job though the chain or an input changed
    #[arg(long)]
    adopt: bool,
}

/// Launches a chain, or goes on with its unfinished job.
pub(super) fn launch(session: &Session, args: LaunchArgs) -> Result<Exit, Failure> {
    let in_use = session.rules()?;
    let request = LaunchRequest {
        file: args.file,
        given: given(&args.given)?,
        limit: args.limit,
        id: args.id,
        rules: in_use.as_ref().map(|rules| Arc::clone(&rules.rules)),
    };
    let choice = match (args.new, args.adopt) {
        (true, _) => Choice::New,
        (false, true) => Choice::Adopt,
        (false, false) => Choice::Same,
    };
    let (data, options) = (session.settings.data_dir(), session.host_options(in_use.as_ref()));
    let mut watcher = Watcher::new(session, options.lanes.clone());
    match launch::launch(&request, data, options, choice, &mut watcher) {
        Err(LaunchError::DoneBefore(job)) => {
            session.console.tell(&format!("{}; it was purged since", done_before(job)));
            Ok(Exit::Done)
        }
        ended => watcher.finish(&ended?),
    }
}

/// Runs a job that is in the log.
pub(super) fn run_here(session: &Session, job: JobId, how: Again) -> Result<Exit, Failure> {
    let in_use = session.rules()?;
    let options = session.host_options(in_use.as_ref());
    let mut watcher = Watcher::new(session, options.lanes.clone());
    let host = Host::open(session.settings.data_dir(), options)?;
    let ended = launch::run_existing(host, job, how, &mut watcher)?;
    watcher.finish(&ended)
}

/// Shows a job that runs here, and lets other terminals reach it.
struct Watcher<'a> {
    session: &'a Session,
    progress: Progress,
    control: Option<ControlServer>,
    lanes: Lanes,
}

impl<'a> Watcher<'a> {
    fn new(session: &'a Session, lanes: Lanes) -> Self {
        Self { session, progress: Progress::new(&session.console), control: None, lanes }
    }

    /// Prints the document or the summary, and decides how the process ends.
    fn finish(self, ended: &Ended) -> Result<Exit, Failure> {
        let console = &self.session.console;
        let pace = self.progress.finish(&ended.status);
        let (status, report) = (&ended.status, self.lanes.report());
        if console.is_json() {
            let mut document = JobDocument::from(status);
            document.lane = Some(report).filter(|report| !report.calls.is_empty());
            console.print_json(&document);
        } else if console.quiet {
            let lines = status.outputs.iter().map(|output| format!("{}\n", output.location));
            console.print(&lines.collect::<String>());
            if let Some(error) = error_line(ended) {
                eprintln!("{error}");
            }
        } else {
            let calls = lane_text(&report, console.out.width);
            console.print(&format!("{}{calls}", summary_text(status, pace, console.out.width)));
        }
        let unreconciled = reconcile(status);
        if !unreconciled.is_empty() {
            return Err(unreconciled.into());
        }
        if let Some(text) = next_step(ended) {
            console.tell(&text);
        }
        Ok(Exit::of(ended.how.exit_code()))
    }
}

impl Observer for Watcher<'_> {
    fn prepared(&mut self, warnings: &Mistakes) {
        let console = &self.session.console;
        if !warnings.is_empty() && !console.is_json() && !console.quiet {
            console.tell(&warnings.render(console.err.look()));
        }
    }

    fn done_before(&mut self, job: JobId) {
        if !self.session.console.is_json() {
            self.progress.tell(&done_before(job));
        }
    }

    fn started(&mut self, host: &Host, status: &JobStatus, goes_on: bool) {
        let console = &self.session.console;
        for warning in host.warnings() {
            tracing::warn!("{warning}");
        }
        match ControlServer::start(host) {
            Ok(server) => self.control = Some(server),
            Err(error) => tracing::warn!(%error, "other terminals cannot reach this job: no control socket"),
        }
        if goes_on && !status.phase.is_terminal() && !console.is_json() {
            self.progress.tell(&format!("job {} goes on from its last checkpoints", status.job));
        }
    }

    fn running(&mut self, status: &JobStatus) {
        self.progress.update(status);
    }

    fn stalled(&mut self, why: &str) {
        let text = format!(
            "{why}\nthe job waits, and goes on by itself once there is room; Ctrl-C ends it, and nothing is lost"
        );
        if self.session.console.quiet {
            // Without it nobody would know why the program does not end.
            eprintln!("warning: {text}");
        } else {
            self.progress.tell(&text);
        }
    }

    fn unstalled(&mut self) {
        self.progress.tell("there is room again: the job goes on");
    }

    fn draining(&mut self) {
        self.progress
            .tell("interrupted: running attempts stop at their next checkpoint; once more stops at once");
    }

    fn closing(&mut self) {
        // Other terminals get their last answers while the process still owns the data directory.
        if let Some(control) = self.control.take() {
            control.close();
        }
    }
}

fn done_before(job: JobId) -> String {
    format!("nothing runs: job {job} had this id and succeeded")
}

/// What is told even when quiet: that the job did not come to a good end, and why.
fn error_line(ended: &Ended) -> Option<String> {
    match &ended.how {
        How::Failed => {
            let reason = ended.status.reason.as_deref().unwrap_or("see `status`");
            Some(format!("error: job {} failed: {reason}", ended.status.job))
        }
        How::Environment(why) => Some(format!("error: job {} cannot go on: {why}", ended.status.job)),
        How::Succeeded | How::Cancelled | How::Interrupted => None,
    }
}

/// What a person can do about a job that did not succeed.
fn next_step(ended: &Ended) -> Option<String> {
    let job = ended.status.job;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = match &ended.how {
        How::Succeeded | How::Cancelled => return None,
        How::Failed => write!(
            text,
            "mend the cause; the same command, or `retry {job} --failed`, goes on from the last checkpoints"
        ),
        How::Interrupted => write!(
            text,
            "nothing is lost: the same command, or `resume {job}`, goes on from the last checkpoints"
        ),
        How::Environment(why) => {
            write!(text, "{why}\nnothing is lost: mend it, then the same command, or `resume {job}`, goes on")
        }
    };
    Some(text)
}
