//! Hops that say something else than they seem to.

use std::collections::HashSet;

use super::check::{by_mode, mode};
use crate::{
    rules::{ChainRule, HopRule, Mode, Rules, ServiceRule, StartKind, code},
    toml::{Mistake, Mistakes, format_count},
};

/// Sums that most often are meant to be 100.
const NEARLY_PERCENT: std::ops::RangeInclusive<u64> = 50..=200;

/// Looks at every hop.
pub(super) fn lint(rules: &Rules, mistakes: &mut Mistakes) {
    for chain in &rules.chains {
        let mode = mode(rules, &chain.iteration.value);
        let called = called(rules, chain);
        for hop in &chain.hops {
            // Reading the file looked the service up.
            let Some(service) = rules.service(&hop.to) else { continue };
            sum(hop, mistakes);
            fallbacks(hop, service, mistakes);
            if mode == Mode::Strict {
                to_default(rules, chain, hop, mistakes);
                reachable(chain, hop, &called, mistakes);
            }
            if service.is_topic {
                consumed(rules, hop, mode, mistakes);
            }
        }
    }
}

fn sum(hop: &HopRule, mistakes: &mut Mistakes) {
    let sum: u64 = hop.shares.iter().map(|share| u64::from(share.weight)).sum();
    if sum == 100 || !NEARLY_PERCENT.contains(&sum) {
        return;
    }
    let message = format!("the weights of hop `{}` add up to {}", hop.key(), format_count(sum));
    let mistake = Mistake::warning(code::WEIGHTS_SUM, message).at(hop.place.clone());
    mistakes.push(
        mistake
            .label(format!("shares of {sum}"))
            .help("make the sum 100, or write a plain ratio such as 2 and 1"),
    );
}

fn fallbacks(hop: &HopRule, service: &ServiceRule, mistakes: &mut Mistakes) {
    let Some(first) = hop.if_down.first() else { return };
    let weighted: Vec<&str> =
        hop.shares.iter().filter(|share| share.weight > 0).map(|share| share.group.value.as_str()).collect();
    for (n, fallback) in hop.if_down.iter().enumerate() {
        let name = &fallback.value;
        let again = hop.if_down[..n].iter().any(|before| before.value == *name);
        if again || weighted == [name.as_str()] {
            let why = if again { "is named before" } else { "is the group that is down" };
            let message = format!("the fallback `{name}` of hop `{}` {why}", hop.key());
            let mistake = Mistake::error(code::FALLBACK_LOOP, message).at(fallback.place.clone());
            mistakes.push(mistake.label("tried already").help("name another group, or take it out"));
        }
    }
    if let Some(why) = never_down(&weighted, service) {
        let message = format!("the fallback of hop `{}` is never taken: {why}", hop.key());
        let mistake = Mistake::warning(code::NEVER_DOWN, message).at(first.place.clone());
        mistakes
            .push(mistake.label("never taken").help("take `if_down` out, or raise `max_ejected` to `100%`"));
    }
}

/// Why no group of a hop can ever be down, if that is so.
fn never_down(weighted: &[&str], service: &ServiceRule) -> Option<String> {
    if service.is_topic {
        return Some("a topic has no endpoints".into());
    }
    let stays = |name: &&str| {
        let endpoints = service.group(name).map_or(0, |group| group.endpoints());
        service.health.most_ejected(endpoints) < endpoints
    };
    let text = "`max_ejected` keeps an endpoint of each of its groups from being ejected";
    weighted.iter().all(stays).then(|| text.to_owned())
}

fn to_default(rules: &Rules, chain: &ChainRule, hop: &HopRule, mistakes: &mut Mistakes) {
    let name = &rules.default_group;
    for share in hop.shares.iter().filter(|share| share.weight > 0 && share.group.value == *name) {
        let message = format!(
            "the strict chain `{}` goes to the default group at hop `{}`",
            chain.iteration.value,
            hop.key()
        );
        let mistake = Mistake::warning(code::DEFAULT_TARGET, message).at(share.group.place.clone());
        mistakes.push(
            mistake.label("out of its lane").help("name a group of the lane, or make the chain permissive"),
        );
    }
}

/// The services that calls of a chain reach, with the rules it takes from the chain that it is an iteration of. Whoever
/// a rule without a caller leads to is reached; whoever one with a caller leads to, if the caller is.
fn called<'a>(rules: &'a Rules, chain: &'a ChainRule) -> HashSet<&'a str> {
    let hops: Vec<&HopRule> = rules.chains_of(&chain.iteration.value).flat_map(|chain| &chain.hops).collect();
    let mut called: HashSet<&str> = HashSet::new();
    let mut open: Vec<&HopRule> = hops;
    loop {
        let before = called.len();
        open.retain(|hop| {
            let reached = hop.from.as_deref().is_none_or(|from| called.contains(from));
            if reached {
                called.insert(&hop.to);
            }
            !reached
        });
        if called.len() == before {
            return called;
        }
    }
}

fn reachable(chain: &ChainRule, hop: &HopRule, called: &HashSet<&str>, mistakes: &mut Mistakes) {
    let Some(from) = hop.from.as_deref().filter(|from| !called.contains(from)) else { return };
    let message = format!(
        "no call of chain `{}` reaches `{from}`, which the hop `{}` starts from",
        chain.iteration.value,
        hop.key()
    );
    let mistake = Mistake::warning(code::UNREACHABLE_HOP, message).at(hop.place.clone());
    mistakes.push(mistake.label("never called").help(format!("add a hop to `{from}`, or take this one out")));
}

/// A lane of a topic that no group consumes, though others do.
fn consumed(rules: &Rules, hop: &HopRule, mode: Mode, mistakes: &mut Mistakes) {
    let topic = hop.to.trim_start_matches(crate::rules::TOPIC);
    let consumers: Vec<&str> = rules
        .groups
        .iter()
        .filter(|group| group.start.iter().any(|start| start.value.covers(StartKind::Consumer, topic)))
        .map(|group| group.name.value.as_str())
        .collect();
    // A group without a table starts everything; one that has a table is said to.
    let declared = |name: &str| rules.groups.iter().any(|group| group.name.value == name);
    if consumers.is_empty() {
        return;
    }
    for share in hop.shares.iter().filter(|share| share.weight > 0) {
        let name = share.group.value.as_str();
        if consumers.contains(&name) || (name == rules.default_group && !declared(name)) {
            continue;
        }
        let message =
            format!("nobody consumes `{topic}` in `{name}`; it is consumed in {}", listed(&consumers));
        let mistake = by_mode(mode, code::TOPIC_LANES, message).at(share.group.place.clone());
        let help = format!(
            "write `consumer:{topic}` in `start` of `[groups.{name}]`, or produce to a lane that is consumed"
        );
        mistakes.push(mistake.label("produced into, never consumed").help(help));
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
