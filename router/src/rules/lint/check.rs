//! Everything that is checked once all names lead somewhere.

use super::{dye, group, hop, path};
use crate::{
    rules::{Mode, Rules},
    table::Table,
    toml::{Mistake, Mistakes},
};

/// What is wrong with rules beyond their names: what is probably not meant, and tests that do not hold. Errors among it
/// keep a table from being used. `table` is the one made of these rules.
pub fn check(rules: &Rules, table: &Table) -> Mistakes {
    let mut mistakes = Mistakes::new();
    dye::lint(rules, &mut mistakes);
    group::lint(rules, &mut mistakes);
    hop::lint(rules, &mut mistakes);
    path::tests(rules, table, &mut mistakes);
    mistakes
}

/// The mode that holds for a chain or an iteration.
pub(super) fn mode(rules: &Rules, iteration: &str) -> Mode {
    rules.chains_of(iteration).find_map(|chain| chain.mode).unwrap_or_default()
}

/// An error for a strict chain, a warning for a permissive one.
pub(super) fn by_mode(mode: Mode, code: &'static str, message: String) -> Mistake {
    match mode {
        Mode::Strict => Mistake::error(code, message),
        Mode::Permissive => Mistake::warning(code, message),
    }
}
