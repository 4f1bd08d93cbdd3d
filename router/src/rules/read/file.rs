//! A whole rules file.

use std::{collections::HashMap, path::Path};

use super::{
    super::{DEFAULT_GROUP, HealthRule, Rules},
    chain, name, resolve, service, settings, test,
    value::placed,
};
use crate::toml::{Fields, Mistakes, Source, code as toml_code, parse};

/// The largest rules file: about ten million rules.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

impl Rules {
    /// Reads a rules file. It does not look for what is [probably not meant](super::super::check), nor run the tests.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn load(path: &Path) -> Result<Self, Mistakes> {
        Self::read(&Source::read_within(path, MAX_FILE_BYTES)?)
    }

    /// The same for a text.
    ///
    /// # Errors
    /// Every mistake of the text.
    pub fn read(source: &Source) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::new();
        let table = parse(source, &mut mistakes);
        let readable = mistakes.is_empty();
        let mut file = Fields::new("the rules file", &table, source.place(0..0));
        settings::version(&mut file, &mut mistakes);
        let default_group = placed(&mut file, "default_group", &mut mistakes)
            .filter(|group| name::check("group", &group.value, &group.place, &mut mistakes))
            .map_or_else(|| DEFAULT_GROUP.to_owned(), |group| group.value);
        let dye = settings::dye(&mut file, &mut mistakes);
        let health = settings::health("`[health]`", file.get("health"), HealthRule::default(), &mut mistakes);
        let mut services = service::services(&mut file, health, &mut mistakes);
        services.extend(service::topics(&mut file, &mut mistakes));
        let groups = settings::groups(&mut file, &mut mistakes);
        let chains = chain::chains(&mut file, &mut mistakes);
        let tests = test::tests(&mut file, &mut mistakes);
        file.finish(&mut mistakes);
        let (targets, iterations) = (HashMap::new(), HashMap::new());
        let source = source.clone();
        let mut rules =
            Self { source, default_group, dye, services, groups, chains, tests, targets, iterations };
        // What could not be read may be what a name leads to.
        if readable {
            resolve::resolve(&mut rules, &mut mistakes);
        } else {
            mistakes.retain(|mistake| mistake.code() != toml_code::MISSING_KEY);
        }
        mistakes.or(Some(rules)).map(|(rules, _)| rules)
    }
}
