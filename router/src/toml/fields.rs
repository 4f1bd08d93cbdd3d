//! Reading a table key by key: what is missing, of the wrong type or unknown becomes a mistake.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use super::{
    Entry, Item, Mistake, Mistakes, Place, Table, Value, code, format_count, format_duration, nearest,
    parse_duration, suggestion, unit,
};

/// A table being read. Every key that is asked for is known; [`Fields::finish`] reports the others.
#[derive(Debug)]
pub struct Fields<'a> {
    table: &'a Table,
    place: Place,
    what: String,
    asked: BTreeSet<String>,
    /// Keys that have to be there and are not, each with an example.
    missing: Vec<(String, String)>,
}

impl<'a> Fields<'a> {
    /// Starts to read a table. `what` names it in messages (``node `split` ``), `place` is where it stands.
    pub fn new(what: impl Into<String>, table: &'a Table, place: Place) -> Self {
        Self { table, place, what: what.into(), asked: BTreeSet::new(), missing: Vec::new() }
    }

    /// The table that an item is; anything else is a mistake.
    pub fn of(what: impl Into<String>, item: &'a Item, mistakes: &mut Mistakes) -> Option<Self> {
        let what = what.into();
        match &item.value {
            Value::Table(table) => Some(Self::new(what, table, item.place.clone())),
            Value::Pending(_) => None,
            _ => {
                wrong_type(&what, item, "a table", mistakes);
                None
            }
        }
    }

    /// What the table is called in messages.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Where the table stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The entry of a key, if it is given.
    pub fn get(&mut self, key: &str) -> Option<&'a Entry> {
        self.asked.insert(key.to_owned());
        self.table.get(key)
    }

    /// The entry of a key that has to be given; `shape` is an example of what to write. That it is missing is
    /// reported at the end, unless an unknown key turns out to be the same key misspelt.
    pub fn require(&mut self, key: &str, shape: &str) -> Option<&'a Entry> {
        let entry = self.get(key);
        if entry.is_none() {
            self.missing.push((key.to_owned(), shape.to_owned()));
        }
        entry
    }

    /// Makes keys known without reading them.
    pub fn allow<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) {
        self.asked.extend(keys.into_iter().map(str::to_owned));
    }

    /// The entries of keys that nobody asked for, in the order of the file.
    pub fn rest(&self) -> impl Iterator<Item = &'a Entry> + '_ {
        self.table.entries.iter().filter(|entry| !self.asked.contains(&entry.key))
    }

    /// Reports every key that nobody asked for, and every one that is missing.
    pub fn finish(self, mistakes: &mut Mistakes) {
        let known = || self.asked.iter().map(String::as_str);
        for entry in self.rest() {
            let message = format!("{} has no key `{}`", self.what, entry.key);
            let mistake = Mistake::error(code::UNKNOWN_KEY, message).at(entry.key_place.clone());
            mistakes.push(mistake.label("unknown key").help(suggestion(&entry.key, known())));
        }
        self.finish_missing(mistakes);
    }

    /// Reports only what is missing; the caller reports the rest.
    pub fn finish_missing(&self, mistakes: &mut Mistakes) {
        for (key, shape) in &self.missing {
            if self.rest().any(|entry| nearest(&entry.key, [key.as_str()]).is_some()) {
                continue;
            }
            let message = format!("{} has no `{key}`", self.what);
            let mistake = Mistake::error(code::MISSING_KEY, message).at(self.place.clone());
            mistakes.push(mistake.label(format!("`{key}` is missing")).help(format!("write `{shape}`")));
        }
    }

    /// A string.
    pub fn string(&mut self, key: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
        let what = self.of_key(key);
        string(&what, &self.get(key)?.item, mistakes)
    }

    /// A boolean.
    pub fn boolean(&mut self, key: &str, mistakes: &mut Mistakes) -> Option<bool> {
        let what = self.of_key(key);
        let item = &self.get(key)?.item;
        match item.value {
            Value::Boolean(value) => Some(value),
            Value::Pending(_) => None,
            _ => {
                wrong_type(&what, item, "`true` or `false`", mistakes);
                None
            }
        }
    }

    /// An integer within limits, both included.
    pub fn integer(&mut self, key: &str, range: RangeInclusive<i64>, mistakes: &mut Mistakes) -> Option<i64> {
        let what = self.of_key(key);
        integer(&what, &self.get(key)?.item, range, mistakes)
    }

    /// A duration such as `30s` within limits, both included.
    pub fn duration(
        &mut self,
        key: &str,
        range: RangeInclusive<Duration>,
        mistakes: &mut Mistakes,
    ) -> Option<Duration> {
        let what = self.of_key(key);
        duration(&what, &self.get(key)?.item, range, mistakes)
    }

    /// How a key of this table is called in messages.
    pub fn of_key(&self, key: &str) -> String {
        format!("`{key}` of {}", self.what)
    }
}

/// Says that a value has another type than is wanted.
pub(crate) fn wrong_type(what: &str, item: &Item, wanted: &str, mistakes: &mut Mistakes) {
    let found = item.value.described();
    mistakes.push(
        Mistake::error(code::WRONG_TYPE, format!("{what} has to be {wanted}, not {found}"))
            .at(item.place.clone())
            .label(format!("this is {found}")),
    );
}

fn string<'a>(what: &str, item: &'a Item, mistakes: &mut Mistakes) -> Option<&'a str> {
    match &item.value {
        Value::String(text) => Some(text),
        Value::Pending(_) => None,
        _ => {
            wrong_type(what, item, "a string", mistakes);
            None
        }
    }
}

fn integer(what: &str, item: &Item, range: RangeInclusive<i64>, mistakes: &mut Mistakes) -> Option<i64> {
    let value = match item.value {
        Value::Integer(value) => value,
        Value::Pending(_) => return None,
        _ => {
            wrong_type(what, item, "an integer", mistakes);
            return None;
        }
    };
    if range.contains(&value) {
        return Some(value);
    }
    let (low, high) = (range.start(), range.end());
    let limits = match (*low, *high) {
        (low, i64::MAX) => format!("at least {}", format_count(low)),
        (low, high) => format!("from {} to {}", format_count(low), format_count(high)),
    };
    let message = format!("{what} is {}; it has to be {limits}", format_count(value));
    mistakes.push(Mistake::error(code::OUT_OF_RANGE, message).at(item.place.clone()).label(limits));
    None
}

fn duration(
    what: &str,
    item: &Item,
    range: RangeInclusive<Duration>,
    mistakes: &mut Mistakes,
) -> Option<Duration> {
    let text = match &item.value {
        Value::String(text) => text,
        Value::Pending(_) => return None,
        _ => {
            wrong_type(what, item, "a duration", mistakes);
            return None;
        }
    };
    let value = match parse_duration(text) {
        Ok(value) => value,
        Err(why) => {
            let message = format!("{what} is no duration: {why}");
            let mistake =
                Mistake::error(code::BAD_DURATION, message).at(item.place.clone()).label("not a duration");
            mistakes.push(mistake.help(format!("write {}", unit::DURATION_SHAPE)));
            return None;
        }
    };
    if range.contains(&value) {
        return Some(value);
    }
    let limits = format!("from {} to {}", format_duration(*range.start()), format_duration(*range.end()));
    let message = format!("{what} is {}; it has to be {limits}", format_duration(value));
    mistakes.push(Mistake::error(code::OUT_OF_RANGE, message).at(item.place.clone()).label(limits));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml::{Source, parse};

    const TEXT: &str = "\
name = 3
shards = 0
wait = '10x'
long = '25h'
ok = true
pth = 'x'
";

    #[test]
    fn five_mistakes_are_five() {
        let source = Source::new("a.toml", TEXT);
        let mut mistakes = Mistakes::new();
        let table = parse(&source, &mut mistakes);
        let mut fields = Fields::new("node `split`", &table, source.place(0..0));
        let (ms, day) = (Duration::from_millis(1), Duration::from_secs(86_400));
        assert_eq!(fields.string("name", &mut mistakes), None);
        assert_eq!(fields.integer("shards", 1..=100_000, &mut mistakes), None);
        assert_eq!(fields.duration("wait", ms..=day, &mut mistakes), None);
        assert_eq!(fields.duration("long", ms..=day, &mut mistakes), None);
        assert_eq!(fields.boolean("ok", &mut mistakes), Some(true));
        assert_eq!(fields.string("path", &mut mistakes), None);
        fields.finish(&mut mistakes);
        assert_eq!(mistakes.errors(), 5);
        insta::assert_snapshot!(mistakes.to_string());
    }
}
