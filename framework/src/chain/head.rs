//! The `[chain]` of a chain file: what holds for all of it.

use std::{collections::BTreeMap, time::Duration};

use dyeline_engine::plan::NodePolicy;
use dyeline_router::dye::MAX_DYE_BYTES;
use dyeline_router::toml::{Fields, Mistake, Mistakes, Place, Value, code as toml_code, suggestion};
use jiff::tz::TimeZone;

use super::{
    code,
    draft::{check_name, labels},
    policy::{self, PRIORITIES},
};

/// What `[chain]` says.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub name: String,
    pub version: Option<String>,
    pub workers: Option<String>,
    pub retain: Option<Duration>,
    pub policy: NodePolicy,
    pub timezone: TimeZone,
    pub labels: BTreeMap<String, String>,
    pub priority: Option<i32>,
    pub concurrency: Option<u32>,
}

/// Reads `[chain]`.
pub(super) fn head(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Head> {
    let entry = file.require("chain", "[chain]\nname = \"my-chain\"")?;
    let Value::Table(table) = &entry.item.value else {
        let message = format!("`chain` has to be a table, not {}", entry.item.value.described());
        let mistake = Mistake::error(toml_code::WRONG_TYPE, message).at(entry.item.place.clone());
        mistakes.push(mistake.help("write `[chain]`, and below it `name = \"my-chain\"`"));
        return None;
    };
    let mut fields = Fields::new("`[chain]`", table, entry.key_place.clone());
    fields.require("name", "name = \"my-chain\"");
    let place = |fields: &mut Fields<'_>, key: &str| -> Place {
        fields.get(key).map_or_else(|| entry.key_place.clone(), |entry| entry.item.place.clone())
    };
    let name = fields.string("name", mistakes).map(str::to_owned);
    if let Some(name) = &name {
        check_name("chain", name, Some(&place(&mut fields, "name")), mistakes);
    }
    let version = fields.string("version", mistakes).map(str::to_owned);
    if let Some(version) = &version {
        check_version(version, place(&mut fields, "version"), mistakes);
    }
    check_dye(name.as_deref(), version.as_deref(), place(&mut fields, "name"), mistakes);
    let workers = fields.string("workers", mistakes).map(str::to_owned);
    if let Some(workers) = &workers {
        check_name("group", workers, Some(&place(&mut fields, "workers")), mistakes);
    }
    let (second, year) = (Duration::from_secs(1), Duration::from_secs(366 * 86_400));
    let retain = fields.duration("retain", second..=year, mistakes);
    let mut node_policy = NodePolicy::default();
    let what = fields.of_key("policy");
    let inner = fields.get("policy").and_then(|entry| Fields::of(what, &entry.item, mistakes));
    if let Some(mut inner) = inner {
        policy::read(&mut inner, &mut node_policy, mistakes);
        inner.finish(mistakes);
    }
    let timezone = timezone(&mut fields, mistakes);
    schedule(&mut fields, mistakes);
    let labels = labels(&mut fields, mistakes);
    let priority = fields.integer("priority", PRIORITIES, mistakes).and_then(|n| i32::try_from(n).ok());
    let concurrency =
        fields.integer("concurrency", 1..=100_000, mistakes).and_then(|n| u32::try_from(n).ok());
    fields.finish(mistakes);
    let name = name?;
    Some(Head {
        name,
        version,
        workers,
        retain,
        policy: node_policy,
        timezone,
        labels,
        priority,
        concurrency,
    })
}

fn check_version(version: &str, place: Place, mistakes: &mut Mistakes) {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if version.is_empty() || version.len() > 32 || !version.chars().all(valid) {
        let mistake = Mistake::error(code::BAD_NAME, format!("`{version}` cannot be a version")).at(place);
        mistakes.push(mistake.help("use letters, digits, `.`, `_` and `-`, at most 32 of them"));
    }
}

/// The dye of a job's calls is made of the chain, the version, and the 26 characters of the job's id.
fn check_dye(name: Option<&str>, version: Option<&str>, place: Place, mistakes: &mut Mistakes) {
    const LONGEST: usize = MAX_DYE_BYTES - 27;
    let length = name.map_or(0, str::len) + version.map_or(0, |version| 1 + version.len());
    if length > LONGEST {
        let message = "the chain's name and its version are too long for the dye of its calls";
        let help = format!("together with the `@` between them they may have {LONGEST} characters");
        mistakes.push(Mistake::error(code::BAD_NAME, message).at(place).help(help));
    }
}

/// The zone that dates are in; UTC if none is named, so that a chain means the same on every machine.
fn timezone(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> TimeZone {
    let Some(name) = fields.string("timezone", mistakes) else { return TimeZone::UTC };
    TimeZone::get(name).unwrap_or_else(|_| {
        let place = fields.get("timezone").map(|entry| entry.item.place.clone());
        let near = suggestion(name, ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York"]);
        let help = if near.starts_with("did") { near } else { "use a name such as `Europe/Berlin`".into() };
        let mistake = Mistake::error(code::UNKNOWN_TIMEZONE, format!("unknown time zone `{name}`")).at(place);
        mistakes.push(mistake.label("not in this machine's time zone database").help(help));
        TimeZone::UTC
    })
}

/// A schedule belongs to the file, but a launch is its own trigger.
fn schedule(fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
    let what = fields.of_key("schedule");
    let Some(entry) = fields.get("schedule") else { return };
    let Some(mut table) = Fields::of(what, &entry.item, mistakes) else { return };
    table.require("cron", "cron = \"30 0 * * *\"");
    for key in ["cron", "timezone", "overlap", "misfire"] {
        table.string(key, mistakes);
    }
    table.finish(mistakes);
    let mistake =
        Mistake::warning(code::SCHEDULE_IGNORED, "this version does not start chains by their schedule");
    mistakes.push(
        mistake.at(entry.key_place.clone()).label("ignored").help("launch the chain, for example from cron"),
    );
}
