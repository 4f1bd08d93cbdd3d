//! Names that have to lead somewhere, and things written twice.

use std::collections::HashMap;

use super::super::{HopRule, Placed, Rules, ServiceRule, StartKind, Step, TOPIC, code};
use crate::toml::{Mistake, Mistakes, Place, suggestion};

/// Beyond this many names, none is suggested: looking for the nearest of all would take too long.
const MOST_SUGGESTED_FROM: usize = 10_000;

/// Fills the indexes of a file's rules, and says which names lead nowhere.
pub(super) fn resolve(rules: &mut Rules, mistakes: &mut Mistakes) {
    rules.targets = rules.services.iter().enumerate().map(|(n, service)| (service.target(), n)).collect();
    rules.iterations =
        rules.chains.iter().enumerate().map(|(n, chain)| (chain.iteration.value.clone(), n)).collect();
    let rules = &*rules;
    for chain in &rules.chains {
        let mut seen: HashMap<(Option<&str>, &str), &Place> = HashMap::with_capacity(chain.hops.len());
        for hop in &chain.hops {
            if let Some(first) = seen.insert((hop.from.as_deref(), &hop.to), &hop.place) {
                let message = format!("the hop `{}` is given twice", hop.key());
                let mistake = Mistake::error(code::DUPLICATE, message).at(hop.place.clone());
                let mistake = mistake.label("a second time").also(first.clone(), "first here");
                mistakes.push(mistake.help("keep one of the two"));
            }
            check_hop(rules, hop, mistakes);
        }
    }
    for start in rules.groups.iter().flat_map(|group| &group.start) {
        let topic = format!("{TOPIC}{}", start.value.name);
        let consumer = start.value.kind == StartKind::Consumer && !start.value.name.ends_with('*');
        if consumer && rules.service(&topic).is_none() {
            unknown_target(rules, &topic, &start.place, mistakes);
        }
    }
    for test in &rules.tests {
        check_chain(rules, &test.iteration, mistakes);
        if let Some(from) = &test.from {
            target(rules, &from.value, &from.place, mistakes);
        }
        for step in test.down.iter().chain(&test.path) {
            check_step(rules, step, mistakes);
        }
    }
}

fn check_hop(rules: &Rules, hop: &HopRule, mistakes: &mut Mistakes) {
    if let Some(from) = &hop.from {
        target(rules, from, &hop.place, mistakes);
    }
    let Some(service) = target(rules, &hop.to, &hop.place, mistakes) else { return };
    for group in hop.shares.iter().map(|share| &share.group).chain(&hop.if_down) {
        check_group(service, &group.value, &group.place, mistakes);
    }
}

fn check_step(rules: &Rules, step: &Placed<Step>, mistakes: &mut Mistakes) {
    if let Some(service) = target(rules, &step.value.to, &step.place, mistakes) {
        check_group(service, &step.value.group, &step.place, mistakes);
    }
}

/// The service or topic of a name; says it when there is none.
fn target<'a>(
    rules: &'a Rules,
    name: &str,
    place: &Place,
    mistakes: &mut Mistakes,
) -> Option<&'a ServiceRule> {
    let found = rules.service(name);
    if found.is_none() {
        unknown_target(rules, name, place, mistakes);
    }
    found
}

fn unknown_target(rules: &Rules, name: &str, place: &Place, mistakes: &mut Mistakes) {
    let (kind, bare) = match name.strip_prefix(TOPIC) {
        Some(topic) => ("topic", topic),
        None => ("service", name),
    };
    let mistake = Mistake::error(code::UNKNOWN_SERVICE, format!("unknown {kind} `{bare}`"));
    let known = rules.services.iter().filter(|service| service.is_topic == (kind == "topic"));
    let known = known.take(MOST_SUGGESTED_FROM).map(|service| service.name.value.as_str());
    let near = suggestion(bare, known);
    let help = if near.is_empty() { format!("write `[{kind}s.{bare}]`, and its groups") } else { near };
    mistakes.push(mistake.at(place.clone()).label(format!("no {kind} has this name")).help(help));
}

fn check_group(service: &ServiceRule, name: &str, place: &Place, mistakes: &mut Mistakes) {
    if service.group(name).is_none() {
        let kind = if service.is_topic { "topic" } else { "service" };
        let message = format!("{kind} `{}` has no group `{name}`", service.name.value);
        let known = service.groups.iter().map(|group| group.name.value.as_str());
        let mistake = Mistake::error(code::UNKNOWN_GROUP, message).at(place.clone()).label("unknown group");
        mistakes.push(mistake.help(suggestion(name, known)));
    }
}

fn check_chain(rules: &Rules, iteration: &Placed<String>, mistakes: &mut Mistakes) {
    if rules.chains_of(&iteration.value).next().is_none() {
        let message = format!("unknown chain `{}`", iteration.value);
        let known = rules.chains.iter().take(MOST_SUGGESTED_FROM).map(|c| c.iteration.value.as_str());
        let mistake = Mistake::error(code::UNKNOWN_CHAIN, message).at(iteration.place.clone());
        mistakes.push(mistake.label("no rules for it").help(suggestion(&iteration.value, known)));
    }
}
