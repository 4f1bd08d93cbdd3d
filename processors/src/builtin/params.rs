//! Parameters of processors that are registered by hand, because a derive cannot say that they take any record.

use serde_json::Value;

use crate::contract::{BuildArgs, Param, ParamError, ParamMap, ParamType, registry::BuildError};

/// Describes a parameter.
pub(super) fn param<T: Param>(
    name: &'static str,
    default: Option<&'static str>,
    doc: &'static str,
) -> ParamType {
    ParamType {
        name,
        kind: T::kind(),
        required: default.is_none() && T::when_absent().is_none(),
        default,
        doc,
        live: false,
        secret: T::IS_SECRET,
        path: T::IS_PATH,
        check: |value| T::from_value(value).map(drop),
    }
}

/// Reads parameters and collects every mistake.
pub(super) struct ParamReader<'a> {
    params: &'a ParamMap,
    mistakes: Vec<BuildError>,
}

impl<'a> ParamReader<'a> {
    pub(super) fn new(args: &BuildArgs<'a>) -> Self {
        Self { params: args.params, mistakes: Vec::new() }
    }

    /// A parameter that must be given, unless its type has a value for absence.
    pub(super) fn required<T: Param>(&mut self, name: &'static str) -> Option<T> {
        match self.params.get(name) {
            Some(value) => self.read(name, value),
            None => T::when_absent().or_else(|| {
                self.mistake(name, format!("the parameter `{name}` ({}) must be given", T::kind()));
                None
            }),
        }
    }

    /// A parameter with a default.
    pub(super) fn or<T: Param>(&mut self, name: &'static str, default: T) -> T {
        match self.params.get(name) {
            Some(value) => self.read(name, value).unwrap_or(default),
            None => default,
        }
    }

    fn read<T: Param>(&mut self, name: &'static str, value: &Value) -> Option<T> {
        T::from_value(value).map_err(|e| self.mistake(name, e.to_string())).ok()
    }

    pub(super) fn mistake(&mut self, name: &'static str, message: impl Into<String>) {
        self.mistakes.push(BuildError { param: name.to_owned(), message: message.into() });
    }

    /// What was read, if there was no mistake.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Vec<BuildError>> {
        match read {
            Some(value) if self.mistakes.is_empty() => Ok(value),
            _ => Err(self.mistakes),
        }
    }
}

/// What stands between two fields of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter(u8);

impl Delimiter {
    pub(super) const COMMA: Self = Self(b',');

    pub(super) fn byte(self) -> u8 {
        self.0
    }
}

impl Param for Delimiter {
    fn kind() -> String {
        "character".into()
    }

    fn from_value(value: &Value) -> Result<Self, ParamError> {
        match value.as_str().map(str::as_bytes) {
            Some([byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Self(*byte)),
            _ => Err(ParamError::new(
                "a single ASCII character that is neither a quote nor a line ending",
                value,
            )),
        }
    }
}
