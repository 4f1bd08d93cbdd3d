//! How nodes run, as it is written: retry, skip, time-outs, limits.

use std::{ops::RangeInclusive, time::Duration};

use dyeline_engine::plan::{NodePolicy, Retry, Skip};
use dyeline_router::toml::{Fields, Mistake, Mistakes, Value, code as toml_code, parse_duration_range};

use super::code;

const MS: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What a priority may be, in a file and for a running job.
pub(crate) const PRIORITIES: RangeInclusive<i64> = -1_000..=1_000;

/// What an attempt may cost, in thousandths of a slot. One that cost nothing would run without a limit.
pub(crate) const COSTS: RangeInclusive<i64> = 1..=1_000_000;

/// Reads what `fields` says over what is already set.
pub(super) fn read(fields: &mut Fields<'_>, policy: &mut NodePolicy, mistakes: &mut Mistakes) {
    if let Some(retry) = retry(fields, mistakes) {
        policy.retry = Some(retry);
    }
    if let Some(skip) = skip(fields, mistakes) {
        policy.skip = Some(skip);
    }
    if let Some(timeout) = fields.duration("timeout", MS..=DAY, mistakes) {
        policy.timeout = Some(timeout);
    }
    if let Some(checkpoint) = fields.duration("checkpoint", MS..=DAY, mistakes) {
        policy.checkpoint = Some(checkpoint);
    }
    if let Some(concurrency) = fields.integer("concurrency", 1..=100_000, mistakes) {
        policy.concurrency = u32::try_from(concurrency).ok();
    }
    if let Some(priority) = fields.integer("priority", PRIORITIES, mistakes) {
        policy.priority = i32::try_from(priority).ok();
    }
    if let Some(cost) = cost(fields, mistakes) {
        policy.cost = Some(cost);
    }
}

fn retry(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Retry> {
    let what = fields.of_key("retry");
    let mut table = Fields::of(what, &fields.get("retry")?.item, mistakes)?;
    let mut retry = Retry::default();
    if let Some(max) = table.integer("max", 0..=10_000, mistakes) {
        retry.max = u32::try_from(max).unwrap_or(retry.max);
    }
    let what = table.of_key("backoff");
    if let Some(text) = table.string("backoff", mistakes) {
        match parse_duration_range(text) {
            Ok((min, max)) => (retry.backoff_min, retry.backoff_max) = (min, max),
            Err(why) => {
                let place = table.get("backoff").map(|entry| entry.item.place.clone());
                let mistake =
                    Mistake::error(code::BAD_BACKOFF, format!("{what} is no range: {why}")).at(place);
                mistakes.push(
                    mistake
                        .label("not a range")
                        .help("write the shortest and the longest wait: `\"200ms..30s\"`"),
                );
            }
        }
    }
    table.finish(mistakes);
    Some(retry)
}

fn skip(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Skip> {
    let what = fields.of_key("skip");
    let mut table = Fields::of(what, &fields.get("skip")?.item, mistakes)?;
    let given = table.require("limit", "skip = { limit = 100 }").is_some();
    let limit = if given { table.integer("limit", 0..=i64::MAX, mistakes) } else { None };
    table.finish(mistakes);
    Some(Skip { limit: u64::try_from(limit?).ok()? })
}

/// Slots, as thousandths.
fn cost(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<u32> {
    let what = fields.of_key("cost");
    let item = &fields.get("cost")?.item;
    let slots = match &item.value {
        Value::Integer(slots) => *slots as f64,
        Value::Float(digits) => digits.parse().unwrap_or(f64::NAN),
        Value::Pending(_) => return None,
        other => {
            let message = format!("{what} has to be a number of slots, not {}", other.described());
            mistakes.push(Mistake::error(toml_code::WRONG_TYPE, message).at(item.place.clone()));
            return None;
        }
    };
    if (0.001..=1_000.0).contains(&slots) {
        return Some((slots * 1_000.0).round() as u32);
    }
    let message = format!("{what} is {slots}; it has to be from 0.001 to 1,000 slots");
    mistakes.push(Mistake::error(toml_code::OUT_OF_RANGE, message).at(item.place.clone()));
    None
}
