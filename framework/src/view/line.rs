//! A job in one line of `jobs`.

use dyeline_engine::{JobId, JobPhase};
use serde::{Deserialize, Serialize};

use super::{Align, At, Table, count_text, duration_text};

/// What a listing says of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLine {
    /// Its id.
    #[serde(with = "crate::view::job_id_text")]
    pub job: JobId,
    /// Its chain.
    pub chain: String,
    /// The chain's version, if it names one.
    pub version: Option<String>,
    /// Its phase.
    #[serde(rename = "state")]
    pub phase: JobPhase,
    /// Whether a process works on it or could.
    pub attended: bool,
    /// Why it is paused, or failed.
    pub reason: Option<String>,
    /// When it was submitted.
    pub created: At,
    /// When it ended.
    pub ended: Option<At>,
    /// Milliseconds from its submission to its end, or until now.
    pub elapsed_ms: u64,
    /// Its tasks that are known so far.
    pub shards: u64,
    /// Those that have ended.
    pub shards_ended: u64,
}

impl JobLine {
    /// A table of jobs for people; the reason is cut to what `width` columns hold.
    pub fn table(lines: &[Self], width: usize) -> String {
        let mut table = Table::new([
            ("job", Align::Whole),
            ("chain", Align::Left),
            ("state", Align::Whole),
            ("tasks", Align::Right),
            ("created", Align::Whole),
            ("elapsed", Align::Right),
            ("reason", Align::Left),
        ]);
        for line in lines {
            let version = line.version.as_ref().map_or_else(String::new, |version| format!("@{version}"));
            table.row([
                line.job.to_string(),
                format!("{}{version}", line.chain),
                state_text(line.phase, line.attended).to_owned(),
                format!("{}/{}", count_text(line.shards_ended), count_text(line.shards)),
                line.created.short(),
                duration_text(line.elapsed_ms),
                line.reason.clone().unwrap_or_default(),
            ]);
        }
        table.render(width)
    }
}

/// The word for a job's state. One that should run while no process does is interrupted.
pub(super) fn state_text(state: JobPhase, attended: bool) -> &'static str {
    match state {
        JobPhase::Pending | JobPhase::Running | JobPhase::Failing | JobPhase::Cancelling if !attended => {
            "interrupted"
        }
        JobPhase::Pending => "pending",
        JobPhase::Running => "running",
        JobPhase::Paused => "paused",
        JobPhase::Failing => "failing",
        JobPhase::Cancelling => "cancelling",
        JobPhase::Succeeded => "succeeded",
        JobPhase::Failed => "failed",
        JobPhase::Cancelled => "cancelled",
    }
}
