//! Progress on a terminal: one line for each stage that runs, and one for the job.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    Meter,
    lines::{left_text, progress_line},
};
use crate::{
    cli::console::Screen,
    view::{JobStatus, count_text, rate_text},
};

/// Stages shown at once; a chain can have a thousand.
const MOST_STAGES: usize = 8;

/// Drawn so many times a second at most.
const DRAWS_PER_SECOND: u8 = 10;

/// A job that ends before this shows no bars: they would only flicker.
const NOT_BEFORE: Duration = Duration::from_millis(300);

/// A terminal of fewer columns gets shorter names and bars, so that rates and times are not what is cut.
const NARROW: usize = 110;

/// Columns of a stage's name and of its bar.
fn columns(width: usize) -> (usize, usize) {
    if width < NARROW { (18, 10) } else { (32, 24) }
}

pub(super) struct Bars {
    all: MultiProgress,
    screen: Screen,
    total: ProgressBar,
    /// The stages that are shown, by their place in the plan.
    stages: Vec<(usize, ProgressBar)>,
}

impl Bars {
    pub(super) fn new(screen: Screen) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND));
        let total = line(&all);
        Self { all, screen, total, stages: Vec::new() }
    }

    pub(super) fn update(&mut self, status: &JobStatus, meter: &Meter, now: Instant) {
        if meter.elapsed(now) < NOT_BEFORE {
            return;
        }
        let runs = |at: usize| status.stages.get(at).is_some_and(|s| s.has_begun() && !s.is_ended());
        self.stages.retain(|(at, bar)| {
            let stays = runs(*at);
            if !stays {
                bar.finish_and_clear();
                self.all.remove(bar);
            }
            stays
        });
        for at in (0..status.stages.len()).filter(|at| runs(*at)) {
            if self.stages.len() < MOST_STAGES && !self.stages.iter().any(|(known, _)| *known == at) {
                let bar = line(&self.all);
                self.all.insert_before(&self.total, bar.clone());
                self.stages.push((at, bar));
            }
        }
        for (at, bar) in &self.stages {
            bar.set_message(fitted(stage_line(*at, status, meter, self.screen.width), self.screen.width));
        }
        self.total.set_message(fitted(progress_line(status, meter, now), self.screen.width));
    }

    pub(super) fn tell(&self, text: &str) {
        // A terminal that has gone away has nobody to tell.
        let _ = self.all.println(text);
    }

    pub(super) fn clear(self) {
        let _ = self.all.clear();
    }
}

fn line(all: &MultiProgress) -> ProgressBar {
    // The template is a constant that is valid; without it the bar would only look different.
    let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    all.add(ProgressBar::new_spinner().with_style(style))
}

/// `accrue+by-fund  ━━━━━━━━━━──────────  12/64  3,400,000 items  1.2 M/s  12 s left`, and what went wrong.
fn stage_line(at: usize, status: &JobStatus, meter: &Meter, width: usize) -> String {
    let stage = &status.stages[at];
    let (name, bar) = columns(width);
    let shards = stage.shards.unwrap_or(0);
    let share = if shards == 0 { 0.0 } else { f64::from(stage.ended()) / f64::from(shards) };
    let filled = ((bar as f64 * share) as usize).min(bar);
    let mut text = format!(
        "{:<name$}  {}{}  {}/{}",
        fitted(stage.name.clone(), name),
        "━".repeat(filled),
        "─".repeat(bar - filled),
        count_text(stage.ended().into()),
        count_text(shards.into()),
    );
    // Writing to a string does not fail.
    if let Some(items) = stage.items.filter(|items| *items > 0) {
        let _ = write!(text, "  {} items", count_text(items));
        if let Some(rate) = meter.stage_rate(at) {
            let _ = write!(text, "  {}", rate_text(rate));
        }
    }
    if let Some(left) = meter.stage_left(at, shards) {
        let _ = write!(text, "  {} left", left_text(left));
    }
    let nodes = || stage.nodes.iter().filter_map(|name| status.nodes.get(name));
    let retried: u64 = nodes().map(|n| n.retried).sum();
    let given_up: u64 = nodes().map(|n| n.skipped + n.dead_lettered).sum();
    for (count, word) in
        [(retried, "retries"), (given_up, "given up"), (u64::from(stage.tasks.failed), "failed")]
    {
        if count > 0 {
            let _ = write!(text, "  {} {word}", count_text(count));
        }
    }
    text
}

/// A line that does not wrap, since a wrapped one could not be taken back.
fn fitted(text: String, width: usize) -> String {
    if text.chars().count() <= width {
        return text;
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}
