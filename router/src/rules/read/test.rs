//! `[[test]]`: a job and the path it has to take.

use super::{
    super::{Placed, Step, TOPIC, TestRule, code},
    limit, name,
    value::{placed, strings, wrong_type},
};
use crate::toml::{Fields, Item, Mistake, Mistakes, Value};

/// What a step looks like, for messages.
const STEP_SHAPE: &str = "write `service:group` or `topic:name:group`";

/// Reads every `[[test]]`.
pub(super) fn tests(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<TestRule> {
    let Some(entry) = file.get("test") else { return Vec::new() };
    match &entry.item.value {
        Value::Array(items) => items.iter().filter_map(|item| test(item, mistakes)).collect(),
        Value::Pending(_) => Vec::new(),
        _ => {
            wrong_type("`test`", &entry.item, "a list of tables, as in `[[test]]`", mistakes);
            Vec::new()
        }
    }
}

fn test(item: &Item, mistakes: &mut Mistakes) -> Option<TestRule> {
    let mut fields = Fields::of("a test", item, mistakes)?;
    fields.require("chain", "chain = \"my-chain\"");
    let chain = placed(&mut fields, "chain", mistakes);
    let version = placed(&mut fields, "version", mistakes);
    let job = placed(&mut fields, "job", mistakes).filter(|job| check_job(job, mistakes));
    let roll = roll(&mut fields, mistakes);
    let from = placed(&mut fields, "from", mistakes);
    let down = steps(&mut fields, "down", mistakes);
    fields.require("path", "path = [\"ledger:batch\"]");
    let path = steps(&mut fields, "path", mistakes);
    fields.finish(mistakes);
    let iteration = iteration(chain?, version, mistakes)?;
    let job = job.map(|job| job.value);
    Some(TestRule { place: item.place.clone(), iteration, job, roll, from, down, path })
}

/// `chain` and `version` as one: `chain@version`.
fn iteration(
    chain: Placed<String>,
    version: Option<Placed<String>>,
    mistakes: &mut Mistakes,
) -> Option<Placed<String>> {
    let value = match version {
        Some(version) => format!("{}@{}", chain.value, version.value),
        None => chain.value,
    };
    let good = name::check_iteration(&value, &chain.place, mistakes);
    good.then_some(Placed { value, place: chain.place })
}

fn check_job(job: &Placed<String>, mistakes: &mut Mistakes) -> bool {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '@' | '-');
    let good = !job.value.is_empty() && job.value.len() <= limit::JOB && job.value.chars().all(valid);
    if !good {
        let mistake = Mistake::error(code::BAD_NAME, format!("`{}` cannot be a job", job.value));
        let help = format!("use letters, digits, `.`, `_`, `:`, `@` and `-`, at most {} of them", limit::JOB);
        mistakes.push(mistake.at(job.place.clone()).label("not a job").help(help));
    }
    good
}

/// A roll: an integer, or its digits as a string where 63 bits are too few.
fn roll(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<u64> {
    let entry = fields.get("roll")?;
    let read = match &entry.item.value {
        Value::Integer(n) => u64::try_from(*n).ok(),
        Value::String(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        Value::Pending(_) => return None,
        _ => None,
    };
    if read.is_none() {
        let message = format!("{} is no roll", fields.of_key("roll"));
        let mistake = Mistake::error(code::BAD_ROLL, message).at(entry.item.place.clone());
        mistakes
            .push(mistake.label("not a roll").help("write a whole number from 0 to 18446744073709551615"));
    }
    read
}

fn steps(fields: &mut Fields<'_>, key: &str, mistakes: &mut Mistakes) -> Vec<Placed<Step>> {
    let what = fields.of_key(key);
    let Some(entry) = fields.get(key) else { return Vec::new() };
    let list = strings(&what, &entry.item, limit::STEPS, mistakes);
    list.into_iter().filter_map(|text| step(text, mistakes)).collect()
}

fn step(text: Placed<String>, mistakes: &mut Mistakes) -> Option<Placed<Step>> {
    let named = text
        .value
        .rsplit_once(':')
        .filter(|(to, group)| !group.is_empty() && *to != TOPIC.trim_end_matches(':'));
    let Some((to, group)) = named else {
        let mistake = Mistake::error(code::BAD_STEP, format!("`{}` is no step of a path", text.value));
        mistakes.push(mistake.at(text.place).label("not a step").help(STEP_SHAPE));
        return None;
    };
    let value = Step { to: to.to_owned(), group: group.to_owned() };
    Some(Placed { value, place: text.place })
}
