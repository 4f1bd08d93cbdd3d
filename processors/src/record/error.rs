//! What is wrong with a field, small enough to be returned from the innermost loop.

use std::fmt;

use crate::contract::{FieldType, Schema};

/// What is wrong with the bytes of a field or row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing stands where a value is needed.
    Empty,
    /// The text is no value of the field's type.
    Malformed,
    /// A number outside of what the field's type holds.
    Range,
    /// More places after the point than the decimal has, and not all of them zero.
    Places,
    /// Bytes that are not UTF-8.
    Utf8,
    /// A quote inside a field that does not begin with one.
    StrayQuote,
    /// Text between a closing quote and the delimiter.
    AfterQuote,
    /// A quote that nothing closes, within [`super::MAX_ROW_BYTES`].
    Unclosed,
    /// A row longer than [`super::MAX_ROW_BYTES`].
    TooLong,
    /// Another number of fields than the row should have.
    FieldCount {
        /// How many there should be.
        expected: u16,
        /// How many there are.
        found: u16,
    },
    /// The binary form ends in the middle of a value.
    Truncated,
    /// The straight path met something it leaves to [`super::Tokens`]; no user sees it.
    Unusual,
}

/// A [`Fault`] and the field it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// What is wrong.
    pub fault: Fault,
    /// The field, by its place in the record.
    pub field: u16,
}

/// Longer texts are cut in messages.
const SHOWN_CHARS: usize = 60;

impl FieldError {
    /// A fault of a field.
    #[cold]
    pub fn new(fault: Fault, field: usize) -> Self {
        Self { fault, field: u16::try_from(field).unwrap_or(u16::MAX) }
    }

    /// Another number of fields than there should be.
    #[cold]
    pub fn count(expected: usize, found: usize) -> Self {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Self::new(Fault::FieldCount { expected: count(expected), found: count(found) }, 0)
    }

    /// The error in words, for a field whose text was `found`: which column, what was expected, what was found.
    pub fn describe(&self, schema: &Schema, found: &[u8]) -> String {
        if let Fault::FieldCount { expected, found } = self.fault {
            let names: Vec<&str> = schema.fields.iter().map(|f| f.name).collect();
            return format!(
                "expected {expected} fields for `{}` ({}), found {found}",
                schema.name,
                names.join(", ")
            );
        }
        let Some(field) = schema.fields.get(usize::from(self.field)) else {
            return self.to_string();
        };
        let expected = expected(field.kind);
        let problem = match self.fault {
            Fault::Empty => format!("expected {expected}, found nothing"),
            Fault::Malformed | Fault::Range | Fault::Places => {
                format!("expected {expected}, found {}", shown(found))
            }
            fault => fault.to_string(),
        };
        format!("column `{}`: {problem}", field.name)
    }
}

/// The shape of a field's values, in words.
pub(crate) fn expected(kind: FieldType) -> String {
    match kind {
        FieldType::Bool => "`true` or `false`".into(),
        FieldType::Int(bits) => {
            let max = i128::MAX >> (128 - u32::from(bits));
            format!("a whole number from {} to {max}", -max - 1)
        }
        FieldType::Uint(bits) => format!("a whole number from 0 to {}", u128::MAX >> (128 - u32::from(bits))),
        FieldType::Float(_) => "a number such as `12.5` or `1e-3`".into(),
        FieldType::Decimal(0) => "a whole number".into(),
        FieldType::Decimal(scale) => format!("a number with at most {scale} places after the point"),
        FieldType::Text => "UTF-8 text".into(),
        FieldType::Date => "a day such as `2026-11-21`".into(),
    }
}

/// A text for a message: cut, and with what is not printable escaped.
pub(crate) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let cut: String = text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
    let more = if text.chars().count() > SHOWN_CHARS { "…" } else { "" };
    format!("`{cut}{more}`")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing where a value is needed"),
            Self::Malformed => f.write_str("no value of the field's type"),
            Self::Range => f.write_str("a number out of range"),
            Self::Places => f.write_str("more places after the point than the decimal has"),
            Self::Utf8 => f.write_str("bytes that are not UTF-8"),
            Self::StrayQuote => {
                f.write_str("a quote inside an unquoted field: quote the whole field and double the quote")
            }
            Self::AfterQuote => {
                f.write_str("text behind a closing quote: expected a delimiter or a line ending")
            }
            Self::Unclosed => f.write_str("a quote that is never closed"),
            Self::TooLong => write!(f, "a row longer than {} bytes", super::MAX_ROW_BYTES),
            Self::FieldCount { expected, found } => write!(f, "expected {expected} fields, found {found}"),
            Self::Truncated => f.write_str("the binary form ends in the middle of a value"),
            Self::Unusual => f.write_str("a row that needs the full reader"),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::FieldCount { .. } | Fault::TooLong => write!(f, "{}", self.fault),
            fault => write!(f, "field {}: {fault}", u32::from(self.field) + 1),
        }
    }
}

impl std::error::Error for FieldError {}
