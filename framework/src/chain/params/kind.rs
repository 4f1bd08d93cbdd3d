//! The types of a chain's parameters, and how a value becomes typed and then resolved.

use std::path::{Component, Path, PathBuf};

use dyeline_router::toml::{Item, Value, parse_duration};
use jiff::civil::Date;
use serde_json::Value as Json;

use super::date::{self, parse_date};

/// The type of a chain's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParamKind {
    /// Any text.
    String,
    /// A whole number of 64 bits.
    Integer,
    /// A binary floating-point number.
    Float,
    /// A decimal number, kept exactly.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// A day: `2026-11-20`, `today`, `yesterday`, `tomorrow`, `-3d`, `+2w`.
    Date,
    /// A path.
    Path,
    /// A duration such as `30s`.
    Duration,
    /// A list of texts.
    List,
    /// A reference to a secret, `env:NAME` or `file:PATH`.
    Secret,
}

/// What relative values are resolved against.
#[derive(Clone, Debug)]
pub(in crate::chain) struct Frame {
    /// The day it is.
    pub today: Date,
    /// The folder of relative paths.
    pub folder: PathBuf,
}

impl ParamKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::String,
        Self::Integer,
        Self::Float,
        Self::Decimal,
        Self::Boolean,
        Self::Date,
        Self::Path,
        Self::Duration,
        Self::List,
        Self::Secret,
    ];

    /// The word that files use.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Path => "path",
            Self::Duration => "duration",
            Self::List => "list",
            Self::Secret => "secret",
        }
    }

    /// The kind of a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The word with an article.
    pub(in crate::chain) fn described(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Float => "a float",
            Self::Decimal => "a decimal",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
            Self::Path => "a path",
            Self::Duration => "a duration",
            Self::List => "a list",
            Self::Secret => "a secret",
        }
    }

    /// What a value looks like, for messages.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number such as `64`",
            Self::Float => "a number such as `0.5`",
            Self::Decimal => "a decimal such as `0.25`",
            Self::Boolean => "`true` or `false`",
            Self::Date => date::SHAPE,
            Self::Path => "a path",
            Self::Duration => "a duration such as `200ms`, `30s`, `5m` or `24h`",
            Self::List => "a list such as `[\"a\", \"b\"]`, or `a,b` on the command line",
            Self::Secret => "a reference to a secret: `env:NAME` or `file:PATH`",
        }
    }

    /// A value of a file, typed but not resolved: `yesterday` stays `yesterday`.
    pub(super) fn typed_item(self, item: &Item) -> Result<Json, String> {
        let found = || format!("it is {}", item.value.described());
        match (self, &item.value) {
            (Self::Integer, Value::Integer(number)) => Ok((*number).into()),
            (Self::Float | Self::Decimal, Value::Integer(number)) => self.typed_text(&number.to_string()),
            (Self::Float | Self::Decimal, Value::Float(digits)) => self.typed_text(digits),
            (Self::Boolean, Value::Boolean(boolean)) => Ok((*boolean).into()),
            (Self::Date, Value::String(text) | Value::Datetime(text)) => self.typed_text(text),
            (Self::List, Value::Array(items)) => items
                .iter()
                .map(|item| match &item.value {
                    Value::String(text) => Ok(Json::from(text.as_str())),
                    other => Err(format!("it holds {}", other.described())),
                })
                .collect(),
            (
                Self::String | Self::Path | Self::Duration | Self::Secret | Self::Decimal,
                Value::String(text),
            ) => self.typed_text(text),
            _ => Err(found()),
        }
    }

    /// A value of the command line or the environment, typed but not resolved.
    pub(super) fn typed_text(self, text: &str) -> Result<Json, String> {
        let trimmed = text.trim();
        match self {
            Self::String => Ok(text.into()),
            Self::Integer => {
                let number = trimmed.replace('_', "").parse::<i64>();
                number.map(Json::from).map_err(|_| "it is not a whole number of 64 bits".into())
            }
            Self::Float => {
                let number = trimmed.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
                number.map(Json::from).ok_or_else(|| "it is not a finite number".into())
            }
            Self::Decimal => {
                decimal(trimmed).map(Json::from).ok_or_else(|| "it is not a decimal number".into())
            }
            Self::Boolean => trimmed.parse::<bool>().map(Json::from).map_err(|_| "it is neither".into()),
            Self::Date => {
                let any_day = Date::constant(2026, 1, 1);
                parse_date(trimmed, any_day).map(|_| trimmed.into())
            }
            Self::Path if trimmed.is_empty() => Err("it is empty".into()),
            Self::Path => Ok(text.into()),
            Self::Duration => parse_duration(trimmed).map(|_| trimmed.into()),
            Self::List if trimmed.is_empty() => Ok(Json::Array(Vec::new())),
            Self::List => Ok(trimmed.split(',').map(|part| Json::from(part.trim())).collect()),
            Self::Secret => match trimmed.strip_prefix("env:").or_else(|| trimmed.strip_prefix("file:")) {
                Some(reference) if !reference.is_empty() => Ok(trimmed.into()),
                // What was given may be the secret itself, so it is not repeated.
                _ => Err("it is something else, not shown here".into()),
            },
        }
    }

    /// A typed value without anything relative in it.
    pub(super) fn resolved(self, typed: &Json, frame: &Frame) -> Result<Json, String> {
        match (self, typed) {
            (Self::Date, Json::String(text)) => parse_date(text, frame.today).map(|d| d.to_string().into()),
            (Self::Path, Json::String(text)) => Ok(absolute(&frame.folder, text).into()),
            (Self::Secret, Json::String(text)) => Ok(match text.strip_prefix("file:") {
                Some(path) => format!("file:{}", absolute(&frame.folder, path)).into(),
                None => typed.clone(),
            }),
            _ => Ok(typed.clone()),
        }
    }

    /// Some value of this type, for checks before any is given.
    pub(in crate::chain) fn sample(self, name: &str) -> Json {
        match self {
            Self::String => format!("<{name}>").into(),
            Self::Integer => 1.into(),
            Self::Float => 0.5.into(),
            Self::Decimal => "0.5".into(),
            Self::Boolean => true.into(),
            Self::Date => "today".into(),
            Self::Path => format!("<{name}>").into(),
            Self::Duration => "1s".into(),
            Self::List => Json::Array(Vec::new()),
            Self::Secret => "env:NAME".into(),
        }
    }
}

/// A decimal in its one form: no plus sign, no underscores, no superfluous zeros.
fn decimal(text: &str) -> Option<String> {
    let text = text.replace('_', "");
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if whole == "0" && fraction.is_empty() { "" } else { sign };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// A path against a folder, without `.` in it. `..` stays, since a link may stand before it; URLs stay as they are,
/// and so does a slash at the end, which says that a folder is meant.
pub(in crate::chain) fn absolute(folder: &Path, text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let joined: PathBuf = folder.join(text).components().filter(|c| *c != Component::CurDir).collect();
    let slash = if text.ends_with('/') && joined.parent().is_some() { "/" } else { "" };
    format!("{}{slash}", joined.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_typed_values() {
        use serde_json::json;
        for (kind, text, value) in [
            (ParamKind::Integer, "1_000", json!(1000)),
            (ParamKind::Float, "0.50", json!(0.5)),
            (ParamKind::Decimal, "+00.2500", json!("0.25")),
            (ParamKind::Decimal, "-0.0", json!("0")),
            (ParamKind::Boolean, "true", json!(true)),
            (ParamKind::Date, " yesterday ", json!("yesterday")),
            (ParamKind::Duration, "1h30m", json!("1h30m")),
            (ParamKind::List, "a, b", json!(["a", "b"])),
            (ParamKind::Secret, "env:TOKEN", json!("env:TOKEN")),
        ] {
            assert_eq!(kind.typed_text(text), Ok(value), "{text}");
        }
        for (kind, text) in [
            (ParamKind::Integer, "1.5"),
            (ParamKind::Float, "nan"),
            (ParamKind::Decimal, "1e3"),
            (ParamKind::Decimal, "."),
            (ParamKind::Boolean, "yes"),
            (ParamKind::Date, "2026-02-30"),
            (ParamKind::Path, ""),
            (ParamKind::Duration, "30"),
            (ParamKind::Secret, "hunter2"),
        ] {
            let error = kind.typed_text(text).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn relative_values_are_resolved() {
        let frame = Frame { today: Date::constant(2026, 11, 21), folder: "/data".into() };
        let text = |kind: ParamKind, text: &str| {
            kind.resolved(&text.into(), &frame).unwrap().as_str().unwrap().to_owned()
        };
        assert_eq!(text(ParamKind::Date, "yesterday"), "2026-11-20");
        assert_eq!(text(ParamKind::Path, "./in//x.csv"), "/data/in/x.csv");
        assert_eq!(text(ParamKind::Path, "../x/"), "/data/../x/");
        assert_eq!(text(ParamKind::Path, "/tmp/x"), "/tmp/x");
        assert_eq!(text(ParamKind::Path, "s3://bucket/x"), "s3://bucket/x");
        assert_eq!(text(ParamKind::Secret, "file:token"), "file:/data/token");
        assert_eq!(text(ParamKind::String, "yesterday"), "yesterday");
    }
}
