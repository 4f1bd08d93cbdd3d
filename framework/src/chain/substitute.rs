//! Placeholders: `{name}` in a text stands for a parameter's value, `{{` and `}}` for a brace.
//!
//! A text that is one placeholder and nothing else takes the value with its type; in a longer text it becomes text.
//! Before parameters are given, what holds a placeholder is pending: its type is checked, its value is not.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use dyeline_router::toml::{Entry, Item, Mistake, Mistakes, Place, Table, Value, suggestion};
use serde_json::Value as Json;

use super::{ParamDecl, ParamKind, code};

/// What placeholders can stand for.
pub(super) struct Scope<'a> {
    declared: &'a [ParamDecl],
    /// Resolved values; `None` before any are given.
    values: Option<&'a BTreeMap<String, Json>>,
    used: RefCell<BTreeSet<String>>,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

impl<'a> Scope<'a> {
    pub(super) fn new(declared: &'a [ParamDecl], values: Option<&'a BTreeMap<String, Json>>) -> Self {
        Self { declared, values, used: RefCell::default() }
    }

    /// Whether parameters were given.
    pub(super) fn is_settled(&self) -> bool {
        self.values.is_some()
    }

    /// Which parameters were used so far.
    pub(super) fn used(&self) -> BTreeSet<String> {
        self.used.borrow().clone()
    }

    /// A table with all placeholders replaced, except in the values of the keys that `keep` names.
    pub(super) fn table(&self, table: &Table, keep: &[&str], mistakes: &mut Mistakes) -> Table {
        let entries = table.entries.iter().map(|entry| {
            let kept = keep.contains(&entry.key.as_str());
            let item = if kept { entry.item.clone() } else { self.item(&entry.item, mistakes) };
            Entry { key: entry.key.clone(), key_place: entry.key_place.clone(), item }
        });
        Table { entries: entries.collect() }
    }

    fn item(&self, item: &Item, mistakes: &mut Mistakes) -> Item {
        let value = match &item.value {
            Value::String(text) => self.text(text, &item.place, mistakes),
            Value::Array(items) => Value::Array(items.iter().map(|i| self.item(i, mistakes)).collect()),
            Value::Table(table) => Value::Table(self.table(table, &[], mistakes)),
            other => other.clone(),
        };
        Item { value, place: item.place.clone() }
    }

    fn text(&self, text: &str, place: &Place, mistakes: &mut Mistakes) -> Value {
        let pieces = match pieces(text) {
            Ok(pieces) => pieces,
            Err(why) => {
                let mistake = Mistake::error(code::BAD_PLACEHOLDER, why).at(place.clone());
                mistakes.push(mistake.help("write `{name}` for a parameter, and `{{` for a brace"));
                return Value::Pending("a string");
            }
        };
        if let [Piece::Name(name)] = pieces.as_slice() {
            return match self.lookup(name, place, mistakes) {
                None => Value::Pending("a value"),
                Some((param, None)) => Value::Pending(param.kind.described()),
                Some((param, Some(value))) => value_of(param.kind, value, place),
            };
        }
        let mut joined = Some(String::new());
        for piece in pieces {
            let part = match piece {
                Piece::Text(text) => Some(text),
                Piece::Name(name) => self.part(&name, place, mistakes),
            };
            joined = joined.zip(part).map(|(joined, part)| joined + &part);
        }
        joined.map_or(Value::Pending("a string"), Value::String)
    }

    /// A parameter's value as a part of a text.
    fn part(&self, name: &str, place: &Place, mistakes: &mut Mistakes) -> Option<String> {
        let (param, value) = self.lookup(name, place, mistakes)?;
        if matches!(param.kind, ParamKind::List | ParamKind::Secret) {
            let message = format!("`{name}` is {}, which cannot be a part of a text", param.kind.described());
            let mistake = Mistake::error(code::BAD_PLACEHOLDER, message).at(place.clone());
            mistakes.push(mistake.help(format!("let the value be `\"{{{name}}}\"` and nothing else")));
            return None;
        }
        match value? {
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    fn lookup(
        &self,
        name: &str,
        place: &Place,
        mistakes: &mut Mistakes,
    ) -> Option<(&'a ParamDecl, Option<&'a Json>)> {
        self.used.borrow_mut().insert(name.to_owned());
        let Some(param) = self.declared.iter().find(|param| param.name == name) else {
            let known = suggestion(name, self.declared.iter().map(|param| param.name.as_str()));
            let help =
                if self.declared.is_empty() { format!("declare `{name}` under `[params]`") } else { known };
            let message = format!("the chain has no parameter `{name}`");
            let mistake = Mistake::error(code::UNKNOWN_PARAM, message).at(place.clone());
            mistakes.push(mistake.label(format!("`{{{name}}}` stands for nothing")).help(help));
            return None;
        };
        Some((param, self.values.and_then(|values| values.get(name))))
    }
}

/// A parameter's value as if it stood in the file.
fn value_of(kind: ParamKind, value: &Json, place: &Place) -> Value {
    match value {
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(number) if kind == ParamKind::Integer => Value::Integer(number),
            _ => Value::Float(number.to_string()),
        },
        Json::String(text) if kind == ParamKind::Decimal => Value::Float(text.clone()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => {
            let item = |item| Item { value: value_of(ParamKind::String, item, place), place: place.clone() };
            Value::Array(items.iter().map(item).collect())
        }
        // No parameter has such a value.
        Json::Null | Json::Object(_) => Value::Pending("a value"),
    }
}

/// Splits a text at its placeholders.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            plain.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err("a `}` closes no placeholder".into());
        }
        let Some((name, after)) = after.split_once('}') else {
            return Err("a placeholder is not closed".into());
        };
        if name.is_empty() || name.contains('{') {
            return Err(format!("`{{{name}}}` is no placeholder"));
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Name(name.trim().to_owned()));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_at_placeholders() {
        let text = |t: &str| Piece::Text(t.into());
        let name = |t: &str| Piece::Name(t.into());
        for (whole, expect) in [
            ("", vec![text("")]),
            ("plain", vec![text("plain")]),
            ("{date}", vec![name("date")]),
            ("out/{date}/", vec![text("out/"), name("date"), text("/")]),
            ("{a}{b}", vec![name("a"), name("b")]),
            ("{{a}} {b}", vec![text("{a} "), name("b")]),
        ] {
            assert_eq!(pieces(whole), Ok(expect), "{whole}");
        }
        for (whole, why) in
            [("{a", "not closed"), ("a}", "closes no"), ("{}", "no placeholder"), ("{a{b}", "no placeholder")]
        {
            assert!(pieces(whole).unwrap_err().contains(why), "{whole}");
        }
    }
}
