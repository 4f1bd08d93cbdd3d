//! A job's status for people: in one line, and in full.

use std::fmt::Write as _;

use dyeline_engine::JobPhase;
use serde_json::{Map, Value};

use super::{
    Align, JobStatus, Table, bytes_text, count_text, duration_text, line::state_text, stage::FailureStatus,
};

/// Failures shown in full; what came before is counted.
const FAILURES_SHOWN: usize = 5;

/// Lines of history shown; what came before is counted.
const NOTES_SHOWN: usize = 10;

/// A job in one line: `01JB… fund-income running: 3/5 stages, 12/64 tasks, 3,400,000 items, 12.3 s`.
pub fn status_line(status: &JobStatus) -> String {
    let (ended, known) = status.shards();
    let mut line = format!(
        "{} {} {}: {}/{} stages, {}/{} tasks, {} items, {}",
        status.job,
        chain_text(status),
        state_text(status.phase, status.attended),
        status.stages_ended(),
        status.stages.len(),
        count_text(ended),
        count_text(known),
        count_text(status.items()),
        duration_text(status.elapsed_ms),
    );
    for (count, word) in [(status.retried(), "retries"), (status.given_up(), "given up")] {
        if count > 0 {
            // Writing to a string does not fail.
            let _ = write!(line, ", {} {word}", count_text(count));
        }
    }
    if let Some(reason) = &status.reason {
        let _ = write!(line, " ({})", one_line(reason));
    }
    line
}

/// A job in full, in lines of at most `width` columns where words can be cut.
pub fn status_text(status: &JobStatus, width: usize) -> String {
    let mut text = String::new();
    heading(status, &mut text);
    text.push('\n');
    text.push_str(&stages(status).render(width));
    text.push('\n');
    text.push_str(&nodes(status).render(width));
    if !status.outputs.is_empty() {
        text.push_str("\noutputs\n");
        text.push_str(&outputs(status));
    }
    if !status.failures.is_empty() {
        text.push_str("\nfailures\n");
        text.push_str(&failures(status));
    }
    if !status.history.is_empty() {
        text.push_str("\nhistory\n");
        let before = status.history.len().saturating_sub(NOTES_SHOWN);
        if before > 0 {
            let _ = writeln!(text, "  … {before} more before");
        }
        for note in status.history.iter().skip(before) {
            let _ = writeln!(text, "  {}  {}", note.at.short(), one_line(&note.text));
        }
    }
    text
}

fn heading(status: &JobStatus, text: &mut String) {
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<12}{value}");
        }
    };
    row("job", status.job.to_string());
    row("chain", chain_text(status));
    let state = state_text(status.phase, status.attended);
    let reason = status.reason.as_deref().map(|reason| format!(": {}", one_line(reason))).unwrap_or_default();
    row("state", format!("{state}{reason}"));
    if let Some(next) = next_step(status) {
        row("", next);
    }
    row("parameters", params_text(&status.params));
    row("live", live_text(&status.live_params));
    let limits = [
        status.concurrency.map(|n| format!("concurrency {n}")),
        (status.priority != 0).then(|| format!("priority {}", status.priority)),
        (status.run > 1).then(|| format!("run {}", status.run)),
    ];
    row("settings", limits.into_iter().flatten().collect::<Vec<_>>().join(", "));
    row("created", format!("{} UTC", status.created.short()));
    let ended = status.ended.map(|at| format!("{} UTC", at.short())).unwrap_or_default();
    row("ended", ended);
    row("elapsed", duration_text(status.elapsed_ms));
}

/// What a person can do about a job that does not go on by itself.
fn next_step(status: &JobStatus) -> Option<String> {
    let (state, job) = (status.phase, status.job);
    match state {
        JobPhase::Paused if status.attended => Some(format!("goes on with `resume {job}`")),
        JobPhase::Failed => Some(format!("goes on from its last checkpoints with `retry {job} --failed`")),
        state if state.is_terminal() || status.attended => None,
        _ => Some(format!(
            "no process works on it; it goes on with `resume {job}`, or with its launch command"
        )),
    }
}

pub(super) fn chain_text(status: &JobStatus) -> String {
    match &status.version {
        Some(version) => format!("{}@{version}", status.chain),
        None => status.chain.clone(),
    }
}

fn params_text(params: &Map<String, Value>) -> String {
    params.iter().map(|(name, value)| format!("{name}={}", value_text(value))).collect::<Vec<_>>().join("  ")
}

fn live_text(live: &Map<String, Value>) -> String {
    let nodes = live.iter().filter_map(|(node, params)| Some((node, params.as_object()?)));
    let all = nodes.flat_map(|(node, params)| {
        params.iter().map(move |(name, value)| format!("{node}.{name}={}", value_text(value)))
    });
    all.collect::<Vec<_>>().join("  ")
}

fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn stages(status: &JobStatus) -> Table {
    let mut table = Table::new([
        ("stage", Align::Left),
        ("group", Align::Left),
        ("tasks", Align::Right),
        ("done", Align::Right),
        ("running", Align::Right),
        ("ready", Align::Right),
        ("waiting", Align::Right),
        ("back-off", Align::Right),
        ("failed", Align::Right),
    ]);
    for stage in &status.stages {
        let tasks = stage.tasks;
        table.row([
            stage.name.clone(),
            stage.group.clone(),
            stage.shards.map_or_else(|| "?".to_owned(), |n| count_text(n.into())),
            count_text(tasks.succeeded.into()),
            count_text(stage.live.into()),
            count_text(tasks.ready.into()),
            count_text(tasks.waiting.into()),
            count_text(tasks.backoff.into()),
            count_text(tasks.failed.into()),
        ]);
    }
    table
}

/// Counts per node, as status and summary show them.
pub(super) fn nodes(status: &JobStatus) -> Table {
    let mut table = Table::new([
        ("node", Align::Left),
        ("read", Align::Right),
        ("passed", Align::Right),
        ("filtered", Align::Right),
        ("skipped", Align::Right),
        ("dead-lettered", Align::Right),
        ("emitted", Align::Right),
        ("retried", Align::Right),
        ("failed", Align::Right),
        ("in", Align::Right),
        ("out", Align::Right),
    ]);
    for (name, node) in status.nodes.iter() {
        table.row([
            name.to_owned(),
            count_text(node.read),
            count_text(node.passed),
            count_text(node.filtered),
            count_text(node.skipped),
            count_text(node.dead_lettered),
            count_text(node.emitted),
            count_text(node.retried),
            count_text(node.failed.total()),
            volume(node.bytes_in),
            volume(node.bytes_out),
        ]);
    }
    table
}

fn volume(bytes: u64) -> String {
    if bytes == 0 { "0".into() } else { bytes_text(bytes) }
}

/// One line for each output.
pub(super) fn outputs(status: &JobStatus) -> String {
    let width = status.outputs.iter().map(|o| o.node.chars().count()).max().unwrap_or(0);
    status.outputs.iter().map(|o| format!("  {:<width$}  {}\n", o.node, o.location)).collect()
}

/// The last failures.
pub(super) fn failures(status: &JobStatus) -> String {
    let mut text = String::new();
    let before = status.failures.len().saturating_sub(FAILURES_SHOWN);
    if before > 0 {
        let _ = writeln!(text, "  … {before} more before");
    }
    for failure in status.failures.iter().skip(before) {
        text.push_str(&failure_text(failure));
    }
    text
}

fn failure_text(failure: &FailureStatus) -> String {
    let node = failure.node.as_ref().map_or_else(String::new, |node| format!(", node `{node}`"));
    let label = failure.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
    let place = failure.place.map_or_else(String::new, |p| format!(", row {} item {}", p.row, p.index));
    let code = if failure.code.is_empty() { String::new() } else { format!(" [{}]", failure.code) };
    let gave_up = if failure.gave_up { ", given up" } else { "" };
    let mut text = format!(
        "  {}  {} in stage `{}` shard {}{label}{node}{place}, attempt {}{gave_up}{code}\n",
        failure.at.short(),
        failure.class,
        failure.stage,
        failure.shard,
        failure.attempt,
    );
    for line in failure.text.lines() {
        let _ = writeln!(text, "    {line}");
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
