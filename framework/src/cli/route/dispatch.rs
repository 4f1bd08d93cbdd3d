//! From the command line to the command.

#[cfg(feature = "proxy")]
use super::serve;
use super::{RouteCommand, check, explain, export};
use crate::cli::{Exit, Failure, Session};

/// Runs one of the commands about rules files.
pub(in crate::cli) fn route(session: &Session, command: RouteCommand) -> Result<Exit, Failure> {
    match command {
        RouteCommand::Check { file } => check::check(session, &file),
        RouteCommand::Explain(args) => explain::explain(session, &args),
        RouteCommand::Export(args) => export::export(session, &args),
        #[cfg(feature = "proxy")]
        RouteCommand::Serve(args) => serve::serve(session, &args),
    }
}
