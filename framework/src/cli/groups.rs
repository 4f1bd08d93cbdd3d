//! `groups`: what of this program would start in each group of the rules; nothing starts.

use std::path::PathBuf;

use dyeline_router::rules::Rules;
use serde_json::json;

use super::{Exit, Failure, Session, program::Program};
use crate::groups::{starts, starts_text};

/// A rules file, and one group or all.
#[derive(Clone, Debug, clap::Args)]
pub struct GroupsArgs {
    /// The rules file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only this group, which has to start something of this program
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// Shows what would start where.
pub(super) fn groups(session: &Session, args: GroupsArgs, program: &Program) -> Result<Exit, Failure> {
    let rules = Rules::load(&args.file)?;
    let inventory = program.inventory();
    if let Some(group) = &args.group {
        inventory.check(&rules, group)?;
    }
    let shown = starts(&inventory, &rules, args.group.as_deref());
    let console = &session.console;
    if console.is_json() {
        console.print_json(&json!({ "service": program.service(), "groups": shown }));
    } else {
        console.print(&starts_text(&inventory, &shown, console.out.width));
    }
    Ok(Exit::Done)
}
