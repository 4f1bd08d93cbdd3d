//! `completions`: what a shell has to know.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Exit, Session, args::CommandLine};

/// Prints completions for this program under the name it was called by.
pub(super) fn completions(session: &Session, shell: Shell) -> Exit {
    let called = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = called.as_deref().and_then(|path| path.file_name()?.to_str()).unwrap_or("dyeline").to_owned();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), name, &mut text);
    session.console.print(&String::from_utf8_lossy(&text));
    Exit::Done
}
