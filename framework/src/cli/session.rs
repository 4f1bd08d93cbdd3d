//! What every command is given: settings, the console, the way to the jobs.

use super::{Console, Failure, Settings};
use crate::control::Reach;

/// One run of a command.
#[derive(Clone, Debug)]
pub struct Session {
    /// Where it prints.
    pub console: Console,
    /// Where state lives, and how a process works.
    pub settings: Settings,
}

impl Session {
    /// The way to the jobs.
    pub fn reach(&self) -> Reach {
        Reach::new(self.settings.data_dir(), self.settings.host_options())
    }

    /// Sends what is logged to standard error.
    pub(super) fn start_log(&self) {
        let filter = tracing_subscriber::EnvFilter::builder().parse_lossy(&self.settings.log);
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        // A program that calls `dyeline::main` may log its own way; then that stays.
        let _ = log.with_ansi(self.console.err.color).with_target(false).try_init();
    }

    /// Tells an error.
    pub(super) fn fail(&self, failure: &Failure) {
        let text = failure.render(&self.console.err);
        if !text.is_empty() {
            eprint!("{text}");
        }
    }
}
