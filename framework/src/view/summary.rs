//! What a launch ends with: a table that a person can read.

use std::fmt::Write as _;

use dyeline_engine::JobPhase;

use super::{
    JobStatus, count_text, duration_text, rate_text,
    show::{chain_text, failures, nodes, outputs},
};

/// How fast one launch was; a job that was interrupted before is not charged for the time between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Items that entered the job during this launch.
    pub items: u64,
    /// How long this launch worked, in milliseconds.
    pub ms: u64,
}

impl Pace {
    /// Items a second; `None` when there was nothing to measure.
    pub fn per_second(&self) -> Option<f64> {
        (self.ms > 0 && self.items > 0).then(|| self.items as f64 * 1_000.0 / self.ms as f64)
    }
}

/// The summary of a job at the end of a launch, in lines of at most `width` columns where words can be cut.
pub fn summary_text(status: &JobStatus, pace: Pace, width: usize) -> String {
    let mut text = String::new();
    let rate =
        pace.per_second().map(|rate| format!(", {} items, {}", count_text(pace.items), rate_text(rate)));
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} {} after {}{} (job {})",
        chain_text(status),
        outcome(status),
        duration_text(status.elapsed_ms),
        rate.unwrap_or_default(),
        status.job,
    );
    if let Some(reason) = status.reason.as_deref().filter(|_| status.phase != JobPhase::Succeeded) {
        let _ = writeln!(text, "  {}", reason.trim_end().replace('\n', "\n  "));
    }
    text.push('\n');
    text.push_str(&nodes(status).indented(2).render(width));
    if !status.outputs.is_empty() {
        text.push_str("\noutputs\n");
        text.push_str(&outputs(status));
    }
    if status.phase == JobPhase::Failed && !status.failures.is_empty() {
        text.push_str("\nfailures\n");
        text.push_str(&failures(status));
    }
    let tolerated: u32 = status.stages.iter().map(|s| s.tasks.failed).sum();
    if status.phase == JobPhase::Succeeded && tolerated > 0 {
        let tasks = if tolerated == 1 { "task was" } else { "tasks were" };
        let _ = writeln!(
            text,
            "\n{tolerated} failed {tasks} tolerated; `retry {} --failed` runs them again",
            status.job
        );
    }
    text
}

fn outcome(status: &JobStatus) -> &'static str {
    match status.phase {
        JobPhase::Succeeded => "succeeded",
        JobPhase::Failed => "failed",
        JobPhase::Cancelled => "was cancelled",
        JobPhase::Paused => "is paused",
        _ => "was interrupted",
    }
}
