//! Exit codes, as `docs/exit-codes.md` documents them.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// The job failed, or was cancelled.
    JobFailed,
    /// Usage, or a bad file: nothing was begun.
    Usage,
    /// Interrupted; the job can be resumed.
    Interrupted,
    /// The environment: a disk, a data directory that another process holds.
    Environment,
    /// A bug.
    Bug,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::JobFailed => 1,
            Self::Usage => 2,
            Self::Interrupted => 3,
            Self::Environment => 4,
            Self::Bug => 70,
        }
    }

    /// The way to end that has a number; another number is a bug.
    pub fn of(code: u8) -> Self {
        match code {
            0 => Self::Done,
            1 => Self::JobFailed,
            2 => Self::Usage,
            3 => Self::Interrupted,
            4 => Self::Environment,
            _ => Self::Bug,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
