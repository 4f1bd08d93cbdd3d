//! `[dye]`, `[health]` and `[groups]`.

use std::time::Duration;

use miette::Diagnostic;

use super::{
    super::{DyeRules, Edge, GroupRule, HealthRule, Placed, Start, StartKind, code},
    limit, name,
    value::{choice, entries, strings},
};
use crate::propagate::Hosts;
use crate::toml::code as toml_code;
use crate::toml::{Entry, Fields, Mistake, Mistakes, Value, parse_duration_range, parse_share, suggestion};

const EDGES: &[(&str, Edge)] = &[("strip", Edge::Strip), ("verify", Edge::Verify), ("trust", Edge::Trust)];

/// The kinds of `start` entries, as they are written.
const KINDS: &[(&str, StartKind)] = &[
    ("processor", StartKind::Processor),
    ("http", StartKind::Http),
    ("grpc", StartKind::Grpc),
    ("consumer", StartKind::Consumer),
    ("schedule", StartKind::Schedule),
];

/// The most patterns in `only_to`, and entries in `start`.
const MOST_PATTERNS: usize = 10_000;

/// Reads `[dye]`.
pub(super) fn dye(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> DyeRules {
    let Some(entry) = file.get("dye") else { return DyeRules::default() };
    let Some(mut fields) = Fields::of("`[dye]`", &entry.item, mistakes) else { return DyeRules::default() };
    let edge = choice(&mut fields, "edge", EDGES, mistakes).unwrap_or_default();
    let what = fields.of_key("only_to");
    let only_to = fields
        .get("only_to")
        .map(|entry| strings(&what, &entry.item, MOST_PATTERNS, mistakes))
        .unwrap_or_default();
    for pattern in &only_to {
        for bad in Hosts::parse([pattern.value.as_str()]).err().into_iter().flatten() {
            let mistake = Mistake::error(code::BAD_HOST, bad.to_string()).at(pattern.place.clone());
            let help = bad.help().map(|help| help.to_string()).unwrap_or_default();
            mistakes.push(mistake.label("not a host").help(help));
        }
    }
    fields.finish(mistakes);
    DyeRules { edge, only_to }
}

/// Reads a table of health settings; what it does not say is as in `otherwise`.
pub(super) fn health(
    what: &str,
    entry: Option<&Entry>,
    otherwise: HealthRule,
    mistakes: &mut Mistakes,
) -> HealthRule {
    let Some(mut fields) = entry.and_then(|entry| Fields::of(what, &entry.item, mistakes)) else {
        return otherwise;
    };
    let (ms, hour) = (Duration::from_millis(1), Duration::from_secs(3_600));
    let count = |n: i64| u32::try_from(n).ok();
    let rule = HealthRule {
        failures: fields
            .integer("failures", 1..=1_000_000, mistakes)
            .and_then(count)
            .unwrap_or(otherwise.failures),
        window: fields.duration("window", 100 * ms..=hour, mistakes).unwrap_or(otherwise.window),
        min_calls: fields
            .integer("min_calls", 1..=1_000_000, mistakes)
            .and_then(count)
            .unwrap_or(otherwise.min_calls),
        success_ppm: share(&mut fields, "success", mistakes).unwrap_or(otherwise.success_ppm),
        backoff: backoff(&mut fields, mistakes).unwrap_or(otherwise.backoff),
        max_ejected_ppm: share(&mut fields, "max_ejected", mistakes).unwrap_or(otherwise.max_ejected_ppm),
    };
    fields.finish(mistakes);
    rule
}

fn share(fields: &mut Fields<'_>, key: &str, mistakes: &mut Mistakes) -> Option<u32> {
    let text = fields.string(key, mistakes)?;
    let place = fields.get(key).map(|entry| entry.item.place.clone());
    let read = parse_share(text);
    if let Err(why) = &read {
        let mistake =
            Mistake::error(toml_code::BAD_SHARE, format!("{} is no share: {why}", fields.of_key(key)));
        mistakes.push(mistake.at(place).label("not a share").help("write a share such as `50%`"));
    }
    read.ok()
}

fn backoff(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<(Duration, Duration)> {
    let text = fields.string("backoff", mistakes)?;
    let place = fields.get("backoff").map(|entry| entry.item.place.clone());
    let read = parse_duration_range(text).and_then(|(low, high)| match low.is_zero() {
        true => Err("it starts at nothing".into()),
        false if high > Duration::from_secs(86_400) => Err("it is longer than a day".into()),
        false => Ok((low, high)),
    });
    if let Err(why) = &read {
        let message = format!("{} is no range of durations: {why}", fields.of_key("backoff"));
        let mistake = Mistake::error(toml_code::BAD_DURATION, message).at(place);
        mistakes.push(mistake.label("not a range").help("write the shortest and the longest: `1s..60s`"));
    }
    read.ok()
}

/// Reads `[groups]`.
pub(super) fn groups(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<GroupRule> {
    let list = entries(file, "groups", limit::GROUPS, mistakes);
    list.iter().filter_map(|entry| group(entry, mistakes)).collect()
}

fn group(entry: &Entry, mistakes: &mut Mistakes) -> Option<GroupRule> {
    let good = name::check("group", &entry.key, &entry.key_place, mistakes);
    let mut fields = Fields::of(format!("group `{}`", entry.key), &entry.item, mistakes)?;
    let what = fields.of_key("start");
    let written = fields.require("start", "start = [\"processor:*\"]");
    let list = written.map(|entry| strings(&what, &entry.item, MOST_PATTERNS, mistakes)).unwrap_or_default();
    let start = list.into_iter().filter_map(|text| start(text, mistakes)).collect();
    fields.finish(mistakes);
    let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
    good.then_some(GroupRule { name, start })
}

fn start(text: Placed<String>, mistakes: &mut Mistakes) -> Option<Placed<Start>> {
    let (kind, name) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let known = KINDS.iter().find(|(word, _)| *word == kind);
    let stars = name.trim_end_matches('*').contains('*') || name.ends_with("**");
    let why = match known {
        None => format!("`{kind}` is no kind of thing that starts"),
        Some(_) if name.is_empty() => "it names nothing".into(),
        Some(_) if stars => "a `*` can only stand at its end".into(),
        Some((_, kind)) => {
            let start = Start { kind: *kind, name: name.to_owned() };
            return Some(Placed { value: start, place: text.place });
        }
    };
    let near = suggestion(kind, KINDS.iter().map(|(word, _)| *word));
    let help = if known.is_none() { near } else { format!("write `{kind}:name` or `{kind}:*`") };
    let message = format!("`{}` is nothing to start: {why}", text.value);
    mistakes.push(Mistake::error(code::BAD_START, message).at(text.place).help(help));
    None
}

/// The version of the file's format; this build reads 1.
pub(super) fn version(file: &mut Fields<'_>, mistakes: &mut Mistakes) {
    let Some(entry) = file.require("version", "version = 1") else { return };
    match entry.item.value {
        Value::Integer(1) | Value::Pending(_) => {}
        Value::Integer(other) => {
            let message = format!("the file has version {other} of the format; this build reads version 1");
            let mistake = Mistake::error(code::BAD_VERSION, message).at(entry.item.place.clone());
            mistakes.push(mistake.label("not known").help("write `version = 1`, or use a newer build"));
        }
        _ => super::value::wrong_type("`version`", &entry.item, "the integer 1", mistakes),
    }
}
