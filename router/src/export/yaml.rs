//! Documents as YAML: blocks of maps and lists, every text in double quotes.
//!
//! Quotes are what keeps `no`, `y` and `1.0` texts in every version of YAML; inside of them the escapes of JSON hold.

use std::fmt::{self, Write as _};

use super::Document;

/// Plain words that some version of YAML takes for something other than a text.
const NO_TEXT: &[&str] = &["on", "off", "yes", "no", "true", "false", "null"];

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(self, 0, f)?;
        if self.is_scalar() { f.write_char('\n') } else { Ok(()) }
    }
}

impl Document {
    /// Whether it stands on one line.
    fn is_scalar(&self) -> bool {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Flag(_) => true,
            Self::List(values) => values.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

/// Writes a value whose first line is indented already.
fn block(value: &Document, indent: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Document::Map(entries) if !entries.is_empty() => {
            for (n, (key, value)) in entries.iter().enumerate() {
                pad(n, indent, f)?;
                write_key(key, f)?;
                // The dash of a list may stand below its key.
                let deeper = if matches!(value, Document::Map(_)) { indent + 2 } else { indent };
                after(value, deeper, f)?;
            }
            Ok(())
        }
        Document::List(values) if !values.is_empty() => {
            for (n, value) in values.iter().enumerate() {
                pad(n, indent, f)?;
                f.write_str("- ")?;
                block(value, indent + 2, f)?;
                if value.is_scalar() {
                    f.write_char('\n')?;
                }
            }
            Ok(())
        }
        scalar => write_scalar(scalar, f),
    }
}

/// Writes what stands behind a key.
fn after(value: &Document, indent: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value.is_scalar() {
        f.write_char(' ')?;
        write_scalar(value, f)?;
        return f.write_char('\n');
    }
    write!(f, "\n{:indent$}", "")?;
    block(value, indent, f)
}

fn pad(n: usize, indent: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if n == 0 { Ok(()) } else { write!(f, "{:indent$}", "") }
}

fn write_scalar(value: &Document, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Document::Text(text) => write_text(text, f),
        Document::Number(number) => write!(f, "{number}"),
        Document::Flag(flag) => write!(f, "{flag}"),
        Document::List(_) => f.write_str("[]"),
        Document::Map(_) => f.write_str("{}"),
    }
}

fn write_key(key: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_word = key.len() > 1 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_text = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && !NO_TEXT.contains(&key.to_ascii_lowercase().as_str());
    if is_word && is_text {
        f.write_str(key)?;
    } else {
        write_text(key, f)?;
    }
    f.write_char(':')
}

fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            // Controls, and what YAML 1.1 takes for the end of a line or of the file.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                write!(f, "\\u{:04x}", u32::from(c))?;
            }
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::document::{list, map};

    #[test]
    fn maps_and_lists_are_blocks_and_texts_are_quoted() {
        let empty: [Document; 0] = [];
        let document = map([
            ("name", "a \"b\"\\\n\u{85}\u{7}ä".into()),
            ("y", "no".into()),
            ("@type", true.into()),
            ("none", list(empty)),
            (
                "list",
                list([map([("a_b", 1.into()), ("inner", map([("c_d", "x".into())]))]), list(["x", "y"])]),
            ),
            ("map", map([("list", list([7, 8])), ("empty", map([]))])),
        ]);
        insta::assert_snapshot!(document, @r#"
        name: "a \"b\"\\\n\u0085\u0007ä"
        "y": "no"
        "@type": true
        none: []
        list:
        - a_b: 1
          inner:
            c_d: "x"
        - - "x"
          - "y"
        map:
          list:
          - 7
          - 8
          empty: {}
        "#);
        assert_eq!(Document::from("x").to_string(), "\"x\"\n");
    }
}
