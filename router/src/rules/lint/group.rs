//! Groups that nothing reaches, and workers that nobody starts.

use std::collections::HashSet;

use super::check::{by_mode, mode};
use crate::{
    rules::{Rules, code},
    toml::{Mistake, Mistakes, suggestion},
};

/// Looks at `[groups]` and at the workers of chains.
pub(super) fn lint(rules: &Rules, mistakes: &mut Mistakes) {
    unused(rules, mistakes);
    undeclared(rules, mistakes);
}

fn unused(rules: &Rules, mistakes: &mut Mistakes) {
    let mut used: HashSet<&str> = rules
        .services
        .iter()
        .flat_map(|service| &service.groups)
        .map(|group| group.name.value.as_str())
        .collect();
    used.extend(rules.chains.iter().filter_map(|chain| Some(chain.workers.as_ref()?.value.as_str())));
    used.insert(&rules.default_group);
    for group in rules.groups.iter().filter(|group| !used.contains(group.name.value.as_str())) {
        let name = &group.name.value;
        let message = format!("nothing reaches the group `{name}`");
        let mistake = Mistake::warning(code::UNUSED_GROUP, message).at(group.name.place.clone());
        let mistake = mistake.label("no service, topic or chain has it");
        mistakes.push(mistake.help(suggestion(name, used.iter().copied())));
    }
}

fn undeclared(rules: &Rules, mistakes: &mut Mistakes) {
    if rules.groups.is_empty() {
        return;
    }
    let declared: HashSet<&str> = rules.groups.iter().map(|group| group.name.value.as_str()).collect();
    for chain in &rules.chains {
        let Some(workers) = &chain.workers else { continue };
        if declared.contains(workers.value.as_str()) || workers.value == rules.default_group {
            continue;
        }
        let iteration = &chain.iteration.value;
        let message =
            format!("no group `{}` is declared for the workers of chain `{iteration}`", workers.value);
        let mistake = by_mode(mode(rules, iteration), code::UNDECLARED_WORKERS, message);
        let near = suggestion(&workers.value, declared.iter().copied());
        let write = format!("write `[groups.{}]`, and what starts in it", workers.value);
        let help = if near.starts_with("did you mean") { near } else { write };
        mistakes.push(mistake.at(workers.place.clone()).label("nothing says what starts in it").help(help));
    }
}
