//! `processors`: what chain files can name.

use super::{Exit, Failure, Session};
use crate::chain::{Catalog, listing};

/// Lists all processors, or shows one in full.
pub(super) fn processors(session: &Session, name: Option<&str>) -> Result<Exit, Failure> {
    let catalog = Catalog::registered();
    let console = &session.console;
    match (name, console.is_json()) {
        (None, false) => console.print(&listing::text(&catalog)),
        (None, true) => console.print_json(&listing::json(&catalog)),
        (Some(name), false) => console.print(&listing::one_text(&catalog, name)?),
        (Some(name), true) => console.print_json(&listing::one_json(&catalog, name)?),
    }
    Ok(Exit::Done)
}
