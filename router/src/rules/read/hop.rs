//! One hop: `risk`, `"ledger -> risk"` or `"topic:posted"`, and its group or groups.

use super::{
    super::{HopRule, Placed, Share, TOPIC, code},
    limit, name,
    service::balance,
    value::{string, strings, weight, wrong_type},
};
use crate::toml::{Entry, Fields, Item, Mistake, Mistakes, Value};

/// What the key of a hop looks like, for messages.
const KEY_SHAPE: &str = "write `service`, `\"caller -> service\"` or `\"topic:name\"`";

/// Reads a hop.
pub(super) fn read(entry: &Entry, mistakes: &mut Mistakes) -> Option<HopRule> {
    let ends = ends(entry, mistakes);
    let what = format!("hop `{}`", entry.key);
    let groups = groups(&what, &entry.item, mistakes);
    let ((from, to), mut groups) = (ends?, groups?);
    groups.shares.sort_by(|a, b| a.group.value.cmp(&b.group.value));
    let place = entry.key_place.clone();
    Some(HopRule { from, to, place, shares: groups.shares, if_down: groups.if_down, balance: groups.balance })
}

/// The caller, if one is named, and the target.
fn ends(entry: &Entry, mistakes: &mut Mistakes) -> Option<(Option<String>, String)> {
    let bad = |why: &str, mistakes: &mut Mistakes| {
        let mistake = Mistake::error(code::BAD_HOP, format!("`{}` is no hop: {why}", entry.key));
        mistakes.push(mistake.at(entry.key_place.clone()).label("not a hop").help(KEY_SHAPE));
    };
    let Some((from, to)) = entry.key.split_once("->") else {
        let good = name::check_target(&entry.key, &entry.key_place, mistakes);
        return good.then(|| (None, entry.key.clone()));
    };
    let (from, to) = (from.trim(), to.trim());
    if to.contains("->") {
        bad("it has more than two ends; write a rule for each pair", mistakes);
        return None;
    }
    if from.starts_with(TOPIC) {
        bad("a topic calls nobody; name the service that consumes it", mistakes);
        return None;
    }
    let good = name::check("service", from, &entry.key_place, mistakes);
    let good = name::check_target(to, &entry.key_place, mistakes) && good;
    good.then(|| (Some(from.to_owned()), to.to_owned()))
}

/// What the value of a hop says.
#[derive(Default)]
struct Groups {
    shares: Vec<Share>,
    if_down: Vec<Placed<String>>,
    balance: Option<crate::rules::Balance>,
}

fn groups(what: &str, item: &Item, mistakes: &mut Mistakes) -> Option<Groups> {
    match &item.value {
        Value::String(_) => {
            let group = string(what, item, "a group", mistakes)?;
            Some(Groups { shares: vec![Share { group, weight: 1 }], ..Groups::default() })
        }
        Value::Table(_) => weighted(what, item, mistakes),
        Value::Pending(_) => None,
        _ => {
            wrong_type(what, item, "a group, or a table of groups and weights", mistakes);
            None
        }
    }
}

fn weighted(what: &str, item: &Item, mistakes: &mut Mistakes) -> Option<Groups> {
    let mut fields = Fields::of(what, item, mistakes)?;
    let balance = balance(&mut fields, mistakes);
    let if_down_name = fields.of_key("if_down");
    let if_down = fields
        .get("if_down")
        .map(|entry| strings(&if_down_name, &entry.item, limit::FALLBACKS, mistakes))
        .unwrap_or_default();
    let before = mistakes.errors();
    let mut shares = Vec::new();
    for entry in fields.rest() {
        let name = format!("the weight of `{}` in {what}", entry.key);
        let Some(weight) = weight(&name, &entry.item, mistakes) else { continue };
        shares.push(Share {
            group: Placed { value: entry.key.clone(), place: entry.key_place.clone() },
            weight,
        });
    }
    if mistakes.errors() > before {
        return None;
    }
    if shares.len() > limit::SHARES {
        let message = format!("{what} has {} groups, and {} is the limit", shares.len(), limit::SHARES);
        mistakes.push(Mistake::error(code::TOO_MANY, message).at(item.place.clone()));
        return None;
    }
    if shares.is_empty() {
        let mistake = Mistake::error(code::BAD_HOP, format!("{what} names no group")).at(item.place.clone());
        mistakes.push(mistake.label("no group").help("write `{ batch = 100 }`, a group and its weight"));
        return None;
    }
    if shares.iter().all(|share| share.weight == 0) {
        let mistake = Mistake::error(code::ZERO_WEIGHTS, format!("all weights of {what} are 0"));
        mistakes.push(
            mistake.at(item.place.clone()).label("goes nowhere").help("give one group a weight above 0"),
        );
        return None;
    }
    Some(Groups { shares, if_down, balance })
}
