//! `route`: what a rules file says, checked, explained, and turned into what a mesh understands.

mod args;
mod check;
mod explain;
mod export;

pub(super) use args::RouteCommand;

use super::{Exit, Failure, Session};

/// Runs one of the commands about rules files.
pub(super) fn route(session: &Session, command: RouteCommand) -> Result<Exit, Failure> {
    match command {
        RouteCommand::Check { file } => check::check(session, &file),
        RouteCommand::Explain(args) => explain::explain(session, &args),
        RouteCommand::Export(args) => export::export(session, &args),
    }
}
