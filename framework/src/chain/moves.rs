//! How items reach a node: its `exchange` and its `barrier`, as they are written.

use dyeline_engine::{
    limit::MAX_SHARDS,
    plan::{Barrier, Exchange},
};
use dyeline_router::toml::{
    Fields, Item, Mistake, Mistakes, Value, code as toml_code, format_count, parse_share,
};

use super::{
    by::{By, by},
    catalog::ProcessorSpec,
    code,
};

const SHAPES: &str = "write `{ by = \"field\", shards = 16 }` to make new shards, `{ by = \"field\", sorted = true }` \
                      when the input is cut and sorted by that field already, or `{ shards = 1 }` to gather all items";

/// What the `exchange` of a node says.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    /// The exchange, as far as it is known.
    pub exchange: Option<Exchange>,
    /// By which fields.
    pub by: Option<By>,
    /// Whether a part of it is known only when parameters are given.
    pub pending: bool,
}

/// Reads the `exchange` of a node with this processor.
pub(super) fn exchange(
    fields: &mut Fields<'_>,
    spec: Option<&ProcessorSpec>,
    mistakes: &mut Mistakes,
) -> Moves {
    let what = fields.of_key("exchange");
    let Some(entry) = fields.get("exchange") else { return Moves::default() };
    let errors = mistakes.errors();
    let Some(mut table) = Fields::of(&what, &entry.item, mistakes) else {
        return Moves { pending: true, ..Moves::default() };
    };
    let by = by(&mut table, spec, mistakes);
    let sorted = table.boolean("sorted", mistakes);
    let shards = table.get("shards").map(|entry| &entry.item);
    let count = shards.and_then(|item| shard_count(&table.of_key("shards"), item, mistakes));
    let pending = |key: &str, table: &mut Fields<'_>| {
        table.get(key).is_some_and(|entry| matches!(entry.item.value, Value::Pending(_)))
    };
    let pending = ["by", "sorted", "shards"].into_iter().any(|key| pending(key, &mut table))
        || by.as_ref().is_some_and(|by| !by.is_complete());
    table.finish(mistakes);
    if pending || mistakes.errors() > errors {
        return Moves { exchange: None, by, pending: true };
    }
    let exchange = match (&by, sorted.unwrap_or(false), count) {
        (Some(By::All(field, _)), true, None) => Ok(Exchange::Sorted { field: field.clone() }),
        (Some(By::Each(_)), true, _) => Err("says `sorted`, but not `by` which single field"),
        (Some(By::All(field, _)), false, Some(shards)) => Ok(Exchange::By { field: field.clone(), shards }),
        (Some(By::Each(each)), false, Some(shards)) => {
            let fields = each.iter().flatten().map(|(field, _)| field.clone()).collect();
            Ok(Exchange::ByEach { fields, shards })
        }
        (None, false, Some(1)) => Ok(Exchange::Gather),
        (Some(_), true, Some(_)) => Err("says `shards`, but nothing moves where the input is `sorted`"),
        (Some(_), false, None) => Err("says by what, but not over how many `shards`"),
        (None, true, _) => Err("says `sorted`, but not `by` which field"),
        (None, false, Some(_)) => Err("makes several shards, but does not say `by` which field"),
        (None, false, None) => Err("is empty"),
    };
    let exchange = exchange.map_err(|why| {
        let mistake =
            Mistake::error(code::BAD_EXCHANGE, format!("{what} {why}")).at(entry.item.place.clone());
        mistakes.push(mistake.help(SHAPES));
    });
    Moves { pending: exchange.is_err(), exchange: exchange.ok(), by }
}

/// A number of shards within the limit; a mistake when it is none.
pub(super) fn shard_count(what: &str, item: &Item, mistakes: &mut Mistakes) -> Option<u32> {
    match item.value {
        Value::Integer(count) => {
            let valid = u32::try_from(count).ok().filter(|count| (1..=MAX_SHARDS).contains(count));
            if valid.is_none() {
                let limit = format_count(MAX_SHARDS);
                let message =
                    format!("{what} is {}; a stage has from 1 to {limit} shards", format_count(count));
                let mistake = Mistake::error(code::SHARD_COUNT, message).at(item.place.clone());
                mistakes.push(mistake.label(if count < 1 { "too few" } else { "too many" }).help(
                    if count < 1 {
                        "use at least one shard".to_owned()
                    } else {
                        format!("use at most {limit}; a shard can hold any number of items")
                    },
                ));
            }
            valid
        }
        Value::Pending(_) => None,
        ref other => {
            let message = format!("{what} has to be an integer, not {}", other.described());
            mistakes.push(Mistake::error(toml_code::WRONG_TYPE, message).at(item.place.clone()));
            None
        }
    }
}

/// Reads `barrier`.
pub(super) fn barrier(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Barrier> {
    let what = fields.of_key("barrier");
    let mut table = Fields::of(what, &fields.get("barrier")?.item, mistakes)?;
    let what = table.of_key("tolerate");
    let tolerate_ppm = match table.string("tolerate", mistakes).map(parse_share) {
        None => 0,
        Some(Ok(ppm)) => ppm,
        Some(Err(why)) => {
            let place = table.get("tolerate").map(|entry| entry.item.place.clone());
            let mistake =
                Mistake::error(toml_code::BAD_SHARE, format!("{what} is no share: {why}")).at(place);
            mistakes
                .push(mistake.label("not a share").help("write the share of shards that may fail: `\"1%\"`"));
            0
        }
    };
    table.finish(mistakes);
    Some(Barrier { tolerate_ppm })
}
