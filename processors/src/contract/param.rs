//! Typed parameters of processors.

use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use serde_json::Value;

/// A node's parameters by name, after substitution; JSON's types (a TOML date is a string).
pub type ParamMap = BTreeMap<String, Value>;

/// Why a value does not fit a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamError {
    /// What was expected, such as ``a whole number from 0 to 255``.
    pub expected: String,
    /// What was found, such as ``the text `x` ``.
    pub found: String,
}

impl ParamError {
    /// An error for a value of the wrong shape.
    pub fn new(expected: impl Into<String>, value: &Value) -> Self {
        let found = match value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(b) => format!("`{b}`"),
            Value::Number(n) => format!("the number {n}"),
            Value::String(s) => format!("the text `{s}`"),
            Value::Array(a) => format!("a list of {}", a.len()),
            Value::Object(_) => "a table".to_owned(),
        };
        Self { expected: expected.into(), found }
    }
}

impl fmt::Display for ParamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for ParamError {}

/// A type that a parameter can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter",
    label = "not a parameter type",
    note = "parameters are bool, integers, floats, String, PathBuf, Duration, Decimal, Secret, and Option, Vec or BTreeMap<String, _> of them"
)]
pub trait Param: Sized {
    /// The type's name in listings and messages, such as `duration`.
    fn kind() -> String;

    /// Reads the value.
    fn from_value(value: &Value) -> Result<Self, ParamError>;

    /// The value used when the parameter is not given and has no default.
    fn when_absent() -> Option<Self> {
        None
    }

    /// Whether the value is a path, which the chain file resolves against its own folder.
    const IS_PATH: bool = false;
    /// Whether the value is a secret's reference.
    const IS_SECRET: bool = false;
}

impl Param for bool {
    fn kind() -> String {
        "boolean".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value {
            Value::Bool(b) => Ok(*b),
            Value::String(s) if s == "true" => Ok(true),
            Value::String(s) if s == "false" => Ok(false),
            _ => Err(ParamError::new("`true` or `false`", value)),
        }
    }
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Param for $t {
            fn kind() -> String {
                "integer".into()
            }
            fn from_value(value: &Value) -> Result<Self, ParamError> {
                let parsed = match value {
                    Value::Number(n) => n
                        .as_i64()
                        .map(i128::from)
                        .or_else(|| n.as_u64().map(i128::from))
                        .and_then(|n| <$t>::try_from(n).ok()),
                    // A value given on the command line is a text.
                    Value::String(s) => s.replace('_', "").parse().ok(),
                    _ => None,
                };
                parsed.ok_or_else(|| {
                    ParamError::new(format!("a whole number from {} to {}", <$t>::MIN, <$t>::MAX), value)
                })
            }
        }
    )*};
}
integer!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

macro_rules! float {
    ($($t:ty),*) => {$(
        impl Param for $t {
            fn kind() -> String {
                "float".into()
            }
            fn from_value(value: &Value) -> Result<Self, ParamError> {
                match value {
                    Value::Number(n) => n.as_f64(),
                    Value::String(s) => s.parse().ok(),
                    _ => None,
                }
                .map(|f: f64| f as $t)
                .ok_or_else(|| ParamError::new("a number", value))
            }
        }
    )*};
}
float!(f32, f64);

impl Param for String {
    fn kind() -> String {
        "string".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value {
            Value::String(s) => Ok(s.clone()),
            _ => Err(ParamError::new("a text", value)),
        }
    }
}

impl Param for char {
    fn kind() -> String {
        "character".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        let single = value.as_str().and_then(|s| {
            let mut chars = s.chars();
            chars.next().filter(|_| chars.next().is_none())
        });
        single.ok_or_else(|| ParamError::new("a single character", value))
    }
}

impl Param for PathBuf {
    fn kind() -> String {
        "path".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value {
            Value::String(s) if !s.is_empty() => Ok(Self::from(s)),
            _ => Err(ParamError::new("a path", value)),
        }
    }
    const IS_PATH: bool = true;
}

impl Param for Duration {
    fn kind() -> String {
        "duration".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        value
            .as_str()
            .and_then(parse_duration)
            .ok_or_else(|| ParamError::new("a duration such as `200ms`, `30s`, `5m` or `24h`", value))
    }
}

/// Reads `200ms`, `30s`, `5m`, `24h`, `2d`, or a sum such as `1h30m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let ms: u64 = match &rest[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(ms)?))?;
        rest = &rest[unit..];
    }
    Some(total)
}

impl<T: Param> Param for Option<T> {
    fn kind() -> String {
        T::kind()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
    fn when_absent() -> Option<Self> {
        Some(None)
    }
    const IS_PATH: bool = T::IS_PATH;
    const IS_SECRET: bool = T::IS_SECRET;
}

impl<T: Param> Param for Vec<T> {
    fn kind() -> String {
        format!("list of {}", T::kind())
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value {
            Value::Array(items) => items.iter().map(T::from_value).collect(),
            _ => Err(ParamError::new(format!("a list of {}", T::kind()), value)),
        }
    }
    const IS_PATH: bool = T::IS_PATH;
    const IS_SECRET: bool = T::IS_SECRET;
}

impl<T: Param> Param for BTreeMap<String, T> {
    fn kind() -> String {
        format!("table of {}", T::kind())
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value {
            Value::Object(items) => items.iter().map(|(k, v)| Ok((k.clone(), T::from_value(v)?))).collect(),
            _ => Err(ParamError::new(format!("a table of {}", T::kind()), value)),
        }
    }
}

/// A value that is given as a reference, `env:NAME` or `file:PATH`, and never logged, stored or shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    reference: String,
}

impl Secret {
    /// Where the value is.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Reads the value now, from the environment or the file; a file's last line ending is not part of it.
    pub fn reveal(&self) -> super::Result<String> {
        let missing =
            |e: &dyn fmt::Display| super::Error::fatal(format!("read the secret `{}`: {e}", self.reference));
        if let Some(name) = self.reference.strip_prefix("env:") {
            std::env::var(name).map_err(|e| missing(&e))
        } else {
            let path = self.reference.strip_prefix("file:").unwrap_or(&self.reference);
            let text = std::fs::read_to_string(path).map_err(|e| missing(&e))?;
            Ok(text.strip_suffix('\n').map(|t| t.strip_suffix('\r').unwrap_or(t)).unwrap_or(&text).to_owned())
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.reference)
    }
}

impl Param for Secret {
    fn kind() -> String {
        "secret".into()
    }
    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value.as_str() {
            Some(s) if s.strip_prefix("env:").or(s.strip_prefix("file:")).is_some_and(|r| !r.is_empty()) => {
                Ok(Self { reference: s.to_owned() })
            }
            // What was given may be the secret itself: it is not repeated.
            _ => Err(ParamError {
                expected: "a reference to a secret, `env:NAME` or `file:PATH`".into(),
                found: "something else, not shown here".into(),
            }),
        }
    }
    const IS_SECRET: bool = true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sums_of_units() {
        let ms = |t: &str| parse_duration(t).map(|d| d.as_millis());
        assert_eq!(ms("200ms"), Some(200));
        assert_eq!(ms("1h30m"), Some(5_400_000));
        assert_eq!(ms("24h"), Some(86_400_000));
        for bad in ["", "5", "ms", "5 s", "-5s", "1.5s", "5y", "99999999999999999999s"] {
            assert_eq!(ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_that_was_pasted_is_not_repeated() {
        let error = Secret::from_value(&Value::String("hunter2".into())).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
