//! Parameters as a launch gives them, laid over the defaults of the chain.

use std::{collections::BTreeMap, path::PathBuf};

use dyeline_router::toml::{Mistake, Mistakes, suggestion};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value as Json;

use super::{
    declare::ParamDecl,
    kind::{Frame, ParamKind},
};
use crate::chain::code;

/// The variables that give parameters start with this.
const PREFIX: &str = "DYELINE__PARAMS__";

/// What a launch gives a chain.
#[derive(Clone, Debug)]
pub struct Given {
    /// `--param name=value`, in order; the last of one name counts.
    pub params: Vec<(String, String)>,
    /// The variables `DYELINE__PARAMS__NAME` as `(NAME, value)`; flags go before them.
    pub env: Vec<(String, String)>,
    /// `--group`: the group that all stages run in.
    pub group: Option<String>,
    /// The group of stages of which neither the flag nor the chain says anything: what rules say of the chain.
    pub workers: Option<String>,
    /// `--as-of`: what `today` and `yesterday` are resolved against.
    pub as_of: Timestamp,
    /// The current folder: paths given here are relative to it.
    pub folder: PathBuf,
}

impl Given {
    /// Nothing but the time and the current folder.
    pub fn new(as_of: Timestamp, folder: impl Into<PathBuf>) -> Self {
        Self { params: Vec::new(), env: Vec::new(), group: None, workers: None, as_of, folder: folder.into() }
    }

    /// Reads `--as-of`: an instant with its offset, such as `2026-11-21T00:30:00+08:00`, or a day. A day alone counts
    /// as its noon in UTC, which is that day in all but the farthest time zones.
    ///
    /// # Errors
    /// One mistake when it is neither.
    pub fn parse_as_of(text: &str) -> Result<Timestamp, Mistakes> {
        let trimmed = text.trim();
        let day = || trimmed.parse::<Date>().ok()?.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).ok();
        let instant = trimmed.parse::<Timestamp>().ok();
        // A day parses as a date alone; a date with a time and no offset is no instant, and not taken for a day.
        let instant = instant
            .or_else(|| if trimmed.contains(['T', 't', ' ']) { None } else { day().map(|d| d.timestamp()) });
        instant.ok_or_else(|| {
            let mistake = Mistake::error(
                code::BAD_DATE,
                format!("--as-of is `{text}`, which is no instant and no day"),
            );
            Mistakes::from(mistake.help("give `2026-11-21T00:30:00+08:00`, or a day such as `2026-11-21`"))
        })
    }

    /// Picks the parameters out of environment variables, such as those of [`std::env::vars`].
    pub fn env_from(variables: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
        let pick = |(name, value): (String, String)| Some((name.strip_prefix(PREFIX)?.to_owned(), value));
        let mut picked: Vec<_> = variables.into_iter().filter_map(pick).collect();
        picked.sort();
        picked
    }
}

/// All parameters with a value.
#[derive(Clone, Debug, Default)]
pub(in crate::chain) struct Settled {
    /// As typed: `yesterday` is `yesterday`.
    pub typed: BTreeMap<String, Json>,
    /// As resolved: nothing relative is left.
    pub resolved: BTreeMap<String, Json>,
    /// Parameters that have no value, and got some for a sketch.
    pub samples: Vec<String>,
}

impl Settled {
    /// What was given, without what was made up.
    pub fn known(&self, values: &BTreeMap<String, Json>) -> BTreeMap<String, Json> {
        let known = values.iter().filter(|(name, _)| !self.samples.contains(name));
        known.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Lays what is given over the defaults. With `samples`, a required parameter that is not given gets some value, so
/// that a chain can be shown without them.
pub(in crate::chain) fn settle(
    declared: &[ParamDecl],
    given: &Given,
    base: &std::path::Path,
    timezone: &TimeZone,
    samples: bool,
    mistakes: &mut Mistakes,
) -> Settled {
    let today = given.as_of.to_zoned(timezone.clone()).date();
    let of_file = Frame { today, folder: base.to_owned() };
    let of_launch = Frame { today, folder: given.folder.clone() };
    report_unknown(declared, given, mistakes);
    let mut settled = Settled::default();
    for param in declared {
        let text = given.params.iter().rev().find(|(name, _)| *name == param.name);
        let text = text.map(|(_, value)| (format!("--param {}", param.name), value)).or_else(|| {
            let found = given.env.iter().find(|(name, _)| *name == variable(&param.name));
            found.map(|(name, value)| (format!("{PREFIX}{name}"), value))
        });
        let (from, typed, frame) = match (text, &param.default) {
            (Some((from, text)), _) => {
                let typed = param.kind.typed_text(text).map_err(|why| (shown(param.kind, text), why));
                (from, typed, &of_launch)
            }
            (None, Some(default)) => {
                (format!("the default of `{}`", param.name), Ok(default.clone()), &of_file)
            }
            (None, None) if samples => {
                settled.samples.push(param.name.clone());
                (String::new(), Ok(param.kind.sample(&param.name)), &of_file)
            }
            (None, None) => {
                mistakes.push(missing(param));
                continue;
            }
        };
        let resolved = typed.and_then(|typed| match param.kind.resolved(&typed, frame) {
            Ok(resolved) => Ok((typed, resolved)),
            Err(why) => Err((shown(param.kind, &typed.to_string()), why)),
        });
        match resolved {
            Ok((typed, resolved)) => {
                settled.typed.insert(param.name.clone(), typed);
                settled.resolved.insert(param.name.clone(), resolved);
            }
            Err((shown, why)) => {
                let code = if param.kind == ParamKind::Date { code::BAD_DATE } else { code::BAD_PARAM };
                let message = format!("{from} is {shown}, which is no {}: {why}", param.kind.name());
                mistakes.push(Mistake::error(code, message).help(format!("give {}", param.kind.shape())));
            }
        }
    }
    settled
}

/// How a variable calls a parameter: `as-of` is `AS_OF`.
fn variable(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// A value in a message; one that may be a secret is not shown.
fn shown(kind: ParamKind, text: &str) -> String {
    if kind == ParamKind::Secret { "not a reference".into() } else { format!("`{text}`") }
}

fn missing(param: &ParamDecl) -> Mistake {
    let help = param.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    let message = format!("parameter `{}` has no value{help}", param.name);
    Mistake::error(code::MISSING_PARAM, message)
        .at(param.place.clone())
        .label(format!("{}, without a default", param.kind.described()))
        .help(format!("give it with `--param {}=…`: {}", param.name, param.kind.shape()))
}

fn report_unknown(declared: &[ParamDecl], given: &Given, mistakes: &mut Mistakes) {
    let names = || declared.iter().map(|param| param.name.as_str());
    for (name, _) in &given.params {
        if !names().any(|known| known == name) {
            let help = if declared.is_empty() { "it has none".into() } else { suggestion(name, names()) };
            let message = format!("the chain has no parameter `{name}` (given by --param)");
            mistakes.push(Mistake::error(code::UNKNOWN_PARAM, message).help(help));
        }
    }
    for (name, _) in &given.env {
        if !names().any(|known| variable(known) == *name) {
            let message = format!("the chain has no parameter for the variable {PREFIX}{name}");
            mistakes.push(Mistake::warning(code::UNKNOWN_PARAM, message).help("it is ignored"));
        }
    }
}
