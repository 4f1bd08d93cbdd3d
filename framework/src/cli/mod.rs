//! The commands, for people and for programs.
//!
//! [`main`] reads the command line, layers the settings, and dispatches. Results go to standard output, as text or
//! JSON; progress, hints and errors go to standard error. Every way to end has a documented [`Exit`] code.

mod act;
mod args;
mod chain;
mod completions;
mod console;
mod exit;
mod failure;
mod groups;
mod jobs;
mod launch;
mod main;
mod panic;
mod processors;
mod program;
mod progress;
mod route;
mod rules;
#[cfg(feature = "http")]
mod serve;
mod session;
mod set;
mod settings;
mod status;
mod submit;

pub use args::{CommandLine, Globals};
pub use console::{Console, Format, Screen};
pub use exit::Exit;
pub use failure::Failure;
pub use main::{main, run};
#[cfg(feature = "http")]
pub(crate) use main::{main_of, run_of};
pub use progress::Progress;
pub use session::Session;
pub use settings::Settings;
