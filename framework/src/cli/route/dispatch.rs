//! From the command line to the command.

use super::{RouteCommand, check, explain, export};
use crate::cli::{Exit, Failure, Session};

/// Runs one of the commands about rules files.
pub(in crate::cli) fn route(session: &Session, command: RouteCommand) -> Result<Exit, Failure> {
    match command {
        RouteCommand::Check { file } => check::check(session, &file),
        RouteCommand::Explain(args) => explain::explain(session, &args),
        RouteCommand::Export(args) => export::export(session, &args),
    }
}
