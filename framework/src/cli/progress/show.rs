//! Shows a running job.

use std::time::Instant;

use super::{Bars, Lines, Meter};
use crate::{
    cli::console::Console,
    view::{JobStatus, Pace},
};

/// The progress of one job.
pub struct Progress {
    meter: Meter,
    shown: Shown,
}

enum Shown {
    Nothing,
    Lines(Lines),
    Bars(Box<Bars>),
}

impl Progress {
    /// Progress on the console's standard error.
    pub fn new(console: &Console) -> Self {
        let shown = match (console.quiet, console.err.terminal) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bars(Box::new(Bars::new(console.err))),
            (false, false) => Shown::Lines(Lines::new()),
        };
        Self { meter: Meter::new(Instant::now()), shown }
    }

    /// Shows the job as it is now.
    pub fn update(&mut self, status: &JobStatus) {
        let now = Instant::now();
        self.meter.measure(status, now);
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Lines(lines) => {
                if let Some(line) = lines.line(status, &self.meter, now) {
                    Console::plain(Default::default()).tell(&line);
                }
            }
            Shown::Bars(bars) => bars.update(status, &self.meter, now),
        }
    }

    /// Says something above the bars.
    pub fn tell(&self, text: &str) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Lines(_) => Console::plain(Default::default()).tell(text),
            Shown::Bars(bars) => bars.tell(text),
        }
    }

    /// Takes the bars away. How fast this launch was up to the job's end, for the summary.
    pub fn finish(mut self, last: &JobStatus) -> Pace {
        self.meter.measure(last, Instant::now());
        if let Shown::Bars(bars) = self.shown {
            bars.clear();
        }
        self.meter.pace()
    }
}
