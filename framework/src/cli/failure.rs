//! Why a command ends with an error, and how that is told: code, cause, hint, on standard error.

use std::fmt::Write as _;

use dyeline_router::toml::Mistakes;

use super::{Exit, Screen};
use crate::{control::ControlError, host::HostError, launch::LaunchError, view::Unreconciled};

/// The codes of errors of the commands themselves; each has a page under `docs/errors/`.
pub mod code {
    /// An argument that does not read.
    pub const ARGUMENT: &str = "dyeline::cli::argument";
    /// A task that is none, or does not fit its processor.
    pub const TASK: &str = "dyeline::cli::task";
    /// A command that names no job.
    pub const NO_JOB: &str = "dyeline::cli::no_job";
    /// A setting that is unknown or does not read.
    pub const SETTING: &str = "dyeline::cli::setting";
    /// A program that is no service.
    #[cfg(feature = "http")]
    pub const NO_SERVICE: &str = "dyeline::cli::no_service";
    /// Rules that cannot be followed.
    pub const RULES: &str = "dyeline::cli::rules";
    /// Counts that do not add up.
    pub const COUNTS: &str = "dyeline::cli::counts";
}

/// Why a command ends with an error.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    what: What,
}

#[derive(Debug)]
enum What {
    /// One thing.
    One { code: String, message: String, hint: Option<String> },
    /// Everything that is wrong with a file.
    Mistakes(Box<Mistakes>),
    /// It was told already.
    Told,
}

impl Failure {
    /// Something that whoever typed the command can mend.
    pub fn usage(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, code, message)
    }

    /// An error of a kind.
    pub fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, what: What::One { code: code.to_owned(), message: message.into(), hint: None } }
    }

    /// Nothing more is to be said.
    pub fn told(exit: Exit) -> Self {
        Self { exit, what: What::Told }
    }

    /// The same error, with what to do about it.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if let What::One { hint, .. } = &mut self.what {
            *hint = Some(text).filter(|text| !text.is_empty());
        }
        self
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The text for standard error; empty when it was told already.
    pub fn render(&self, screen: &Screen) -> String {
        match &self.what {
            What::Told => String::new(),
            What::Mistakes(mistakes) => mistakes.render(screen.look()),
            What::One { code, message, hint } => {
                let head = screen.red(&format!("error[{code}]"));
                let mut text = format!("{head}: {}\n", message.trim_end());
                if let Some(hint) = hint {
                    // Writing to a string does not fail.
                    let _ = writeln!(text, "  {} {hint}", screen.cyan("hint:"));
                }
                text
            }
        }
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self { exit: Exit::Usage, what: What::Mistakes(Box::new(mistakes)) }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        let failure = Self::new(Exit::of(error.exit), &error.code, error.message);
        failure.hint(error.hint.unwrap_or_default())
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        ControlError::from(error).into()
    }
}

impl From<LaunchError> for Failure {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Chain(mistakes) => mistakes.into(),
            error => {
                let message = crate::control::with_causes(&error);
                Self::new(Exit::of(error.exit_code()), error.code(), message)
                    .hint(error.hint().unwrap_or_default())
            }
        }
    }
}

#[cfg(feature = "http")]
impl From<crate::app::ServeError> for Failure {
    fn from(error: crate::app::ServeError) -> Self {
        match error {
            crate::app::ServeError::Rules(mistakes) => mistakes.into(),
            error => {
                Self::new(Exit::of(error.exit_code()), error.code(), error.to_string()).hint(error.hint())
            }
        }
    }
}

impl From<Vec<Unreconciled>> for Failure {
    fn from(nodes: Vec<Unreconciled>) -> Self {
        let lines: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        let message = format!("the counts of an ended job do not add up:\n  - {}", lines.join("\n  - "));
        Self::new(Exit::Bug, code::COUNTS, message)
            .hint("this is a bug in Dyeline: please report it with this text, and keep the data directory")
    }
}
