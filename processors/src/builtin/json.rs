//! A row of text as a JSON object.

use std::borrow::Cow;

use crate::contract::{FieldType, SchemaField};

/// Appends an object with the fields of one row. Numbers stand as they are; what other programs would round to a
/// binary float (decimals) or JSON has no type for (dates) is a string; what is absent is `null`.
pub(super) fn put_object<'a>(
    fields: &[SchemaField],
    mut values: impl Iterator<Item = Cow<'a, [u8]>>,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put_string(field.name.as_bytes(), out);
        out.push(b':');
        put_value(field, &values.next().unwrap_or_default(), out);
    }
    out.push(b'}');
}

fn put_value(field: &SchemaField, value: &[u8], out: &mut Vec<u8>) {
    match field.kind {
        _ if value.is_empty() && field.optional => out.extend_from_slice(b"null"),
        FieldType::Bool | FieldType::Int(_) | FieldType::Uint(_) if !value.is_empty() => {
            out.extend_from_slice(value);
        }
        // Infinities and what is no number are strings.
        FieldType::Float(_) if value.last().is_some_and(u8::is_ascii_digit) => out.extend_from_slice(value),
        _ => put_string(value, out),
    }
}

fn put_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in String::from_utf8_lossy(text).bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let hex = |n: u8| b"0123456789abcdef"[usize::from(n)];
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn each_type_has_its_json() {
        let field = |name, kind, optional| SchemaField { name, kind, optional };
        let fields = [
            field("id", FieldType::Uint(64), false),
            field("amount", FieldType::Decimal(2), false),
            field("rate", FieldType::Float(64), false),
            field("limit", FieldType::Float(64), false),
            field("open", FieldType::Bool, false),
            field("note", FieldType::Text, true),
            field("text", FieldType::Text, false),
        ];
        let values = ["18446744073709551615", "-1.50", "0.25", "inf", "true", "", "a\"b\\c\n\u{1}é"];
        let mut out = Vec::new();
        put_object(&fields, values.iter().map(|v| Cow::Borrowed(v.as_bytes())), &mut out);
        let expect = json!({
            "id": u64::MAX, "amount": "-1.50", "rate": 0.25, "limit": "inf", "open": true, "note": null,
            "text": "a\"b\\c\n\u{1}é",
        });
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expect);
    }
}
