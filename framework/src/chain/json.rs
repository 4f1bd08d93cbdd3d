//! From values of a file to JSON, and to one canonical text.

use dyeline_router::toml::{Item, Table, Value};
use serde_json::{Map, Number};

/// A value as JSON. A float keeps its digits as text where `exact` says that binary floats are not enough (decimals).
/// `None` when a part of it is not known yet.
pub(super) fn from_item(item: &Item, exact: bool) -> Option<serde_json::Value> {
    Some(match &item.value {
        Value::String(text) | Value::Datetime(text) => text.clone().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(digits) => from_float(digits, exact),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::Array(items) => items.iter().map(|i| from_item(i, exact)).collect::<Option<Vec<_>>>()?.into(),
        Value::Table(table) => from_table(table, exact)?.into(),
        Value::Pending(_) => return None,
    })
}

fn from_table(table: &Table, exact: bool) -> Option<Map<String, serde_json::Value>> {
    table.entries.iter().map(|e| Some((e.key.clone(), from_item(&e.item, exact)?))).collect()
}

/// `inf` and `nan` are no JSON numbers, so they stay texts too.
fn from_float(digits: &str, exact: bool) -> serde_json::Value {
    let number = digits.parse().ok().and_then(Number::from_f64);
    match number {
        Some(number) if !exact => number.into(),
        _ => digits.into(),
    }
}

/// The one text of a JSON value: sorted keys, no spaces.
pub(super) fn canonical(value: &serde_json::Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(map) => {
            // serde_json sorts keys itself unless a crate far away turns its `preserve_order` on.
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for (i, key) in keys.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                out.push(':');
                write(&map[key], out);
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_text_has_sorted_keys_and_no_spaces() {
        let value = json!({ "b": [1, "x\"y", null], "a": { "z": 1.5, "y": true } });
        assert_eq!(canonical(&value), r#"{"a":{"y":true,"z":1.5},"b":[1,"x\"y",null]}"#);
    }
}
