//! Everything that is checked once all names lead somewhere.

use super::path;
use crate::{rules::Rules, table::Table, toml::Mistakes};

/// What is wrong with rules beyond their names: what is probably not meant, and tests that do not hold. Errors among it
/// keep a table from being used.
pub fn check(rules: &Rules, table: &Table) -> Mistakes {
    let mut mistakes = Mistakes::new();
    path::tests(rules, table, &mut mistakes);
    mistakes
}
