//! Values that several tables have: words of a list, strings or lists of them, groups.

use super::{
    super::{Placed, code},
    limit,
};
use crate::toml::{
    Entry, Fields, Item, Mistake, Mistakes, Value, code as toml_code, format_count, suggestion,
};

/// One word of a list of choices.
pub(super) fn choice<T: Copy>(
    fields: &mut Fields<'_>,
    key: &str,
    choices: &[(&str, T)],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let word = fields.string(key, mistakes)?;
    let what = fields.of_key(key);
    let place = fields.get(key).map(|entry| entry.item.place.clone());
    let found = choices.iter().find(|(known, _)| *known == word);
    if found.is_none() {
        let mistake = Mistake::error(code::BAD_CHOICE, format!("{what} cannot be `{word}`")).at(place);
        let help = suggestion(word, choices.iter().map(|(known, _)| *known));
        mistakes.push(mistake.label("not a choice").help(help));
    }
    found.map(|(_, value)| *value)
}

/// A string, or a list of strings, each with its place.
pub(super) fn strings(what: &str, item: &Item, most: usize, mistakes: &mut Mistakes) -> Vec<Placed<String>> {
    match &item.value {
        Value::String(_) => string(what, item, "a string or a list of them", mistakes).into_iter().collect(),
        Value::Array(items) => {
            if too_many(what, items.len(), most, item, mistakes) {
                return Vec::new();
            }
            let what = format!("an entry of {what}");
            items.iter().filter_map(|item| string(&what, item, "a string", mistakes)).collect()
        }
        Value::Pending(_) => Vec::new(),
        _ => {
            wrong_type(what, item, "a string or a list of them", mistakes);
            Vec::new()
        }
    }
}

/// A string with its place.
pub(super) fn string(
    what: &str,
    item: &Item,
    shape: &str,
    mistakes: &mut Mistakes,
) -> Option<Placed<String>> {
    match &item.value {
        Value::String(text) => Some(Placed { value: text.clone(), place: item.place.clone() }),
        Value::Pending(_) => None,
        _ => {
            wrong_type(what, item, shape, mistakes);
            None
        }
    }
}

/// A string of a table's key, with its place.
pub(super) fn placed(fields: &mut Fields<'_>, key: &str, mistakes: &mut Mistakes) -> Option<Placed<String>> {
    let what = fields.of_key(key);
    string(&what, &fields.get(key)?.item, "a string", mistakes)
}

/// The entries of a table of tables, such as `[services]`; none if it is not given.
pub(super) fn entries<'a>(
    fields: &mut Fields<'a>,
    key: &str,
    most: usize,
    mistakes: &mut Mistakes,
) -> &'a [Entry] {
    let Some(entry) = fields.get(key) else { return &[] };
    match &entry.item.value {
        Value::Table(table)
            if !too_many(&format!("`{key}`"), table.entries.len(), most, &entry.item, mistakes) =>
        {
            &table.entries
        }
        Value::Table(_) | Value::Pending(_) => &[],
        _ => {
            wrong_type(&format!("`{key}`"), &entry.item, &format!("a table, as in `[{key}.name]`"), mistakes);
            &[]
        }
    }
}

/// Says that there are more of something than may be.
pub(super) fn too_many(what: &str, count: usize, most: usize, item: &Item, mistakes: &mut Mistakes) -> bool {
    if count > most {
        let (count, most) = (format_count(count as u64), format_count(most as u64));
        let mistake =
            Mistake::error(code::TOO_MANY, format!("{what} has {count} entries, and {most} is the limit"));
        mistakes.push(mistake.at(item.place.clone()).label("too many"));
        return true;
    }
    false
}

/// Says that a value has another type than is wanted.
pub(super) fn wrong_type(what: &str, item: &Item, wanted: &str, mistakes: &mut Mistakes) {
    let found = item.value.described();
    let mistake = Mistake::error(toml_code::WRONG_TYPE, format!("{what} has to be {wanted}, not {found}"));
    mistakes.push(mistake.at(item.place.clone()).label(format!("this is {found}")));
}

/// A weight of a hop.
pub(super) fn weight(what: &str, item: &Item, mistakes: &mut Mistakes) -> Option<u32> {
    match item.value {
        Value::Integer(n) if (0..=limit::WEIGHT).contains(&n) => u32::try_from(n).ok(),
        Value::Integer(n) => {
            let limits = format!("from 0 to {}", format_count(limit::WEIGHT));
            let message = format!("{what} is {}; it has to be {limits}", format_count(n));
            let mistake = Mistake::error(toml_code::OUT_OF_RANGE, message).at(item.place.clone());
            mistakes.push(mistake.label(limits));
            None
        }
        Value::Pending(_) => None,
        _ => {
            wrong_type(what, item, "a weight such as `90`", mistakes);
            None
        }
    }
}
