//! What every command is given: settings, the console, the way to the jobs.

use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::{
    Console, Failure, Settings,
    rules::{RulesInUse, lanes},
};
use crate::{control::Reach, host::HostOptions};

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

    /// The rules of this command, if it has any.
    pub(super) fn rules(&self) -> Result<Option<RulesInUse>, Failure> {
        let path = self.settings.rules.as_deref();
        path.map(|path| RulesInUse::open(path, &self.console)).transpose()
    }

    /// How a process works that runs jobs under these rules.
    pub(super) fn host_options(&self, rules: Option<&RulesInUse>) -> HostOptions {
        HostOptions { lanes: lanes(rules), ..self.settings.host_options() }
    }

    /// Sends what is logged to standard error.
    pub(super) fn start_log(&self) {
        // Settings were checked when they were read.
        let filter: Targets = self.settings.log.parse().unwrap_or_default();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        let log = tracing_subscriber::registry().with(lines.with_ansi(false).with_filter(filter));
        // A program that calls `dyeline::main` may log its own way; then that stays.
        let _ = log.try_init();
    }

    /// Tells an error.
    pub(super) fn fail(&self, failure: &Failure) {
        let text = failure.render(&self.console.err);
        if !text.is_empty() {
            eprint!("{text}");
        }
    }
}
