//! Reading a processor's parameters.

use std::fmt;

use serde_json::Value;

use crate::contract::{Param, ParamError, ParamMap, ParamType, registry::BuildError};

/// The parameters of one node, read one by one; collects what is wrong with them.
pub struct Params<'a> {
    given: &'a ParamMap,
    known: Vec<&'static str>,
    mistakes: Vec<BuildError>,
}

impl<'a> Params<'a> {
    /// The parameters as given.
    pub fn new(given: &'a ParamMap) -> Self {
        Self { given, known: Vec::new(), mistakes: Vec::new() }
    }

    /// Reads one; `None` if that is a mistake.
    pub fn read<T: Param>(&mut self, name: &'static str, default: Option<&'static str>) -> Option<T> {
        self.known.push(name);
        let read = match (self.given.get(name), default) {
            (Some(value), _) => T::from_value(value).map_err(|e| e.to_string()),
            (None, Some(text)) => from_default(text).map_err(|e| format!("its default does not fit: {e}")),
            (None, None) => {
                T::when_absent().ok_or_else(|| format!("it must be given: expected {}", T::kind()))
            }
        };
        read.map_err(|message| self.mistakes.push(BuildError { param: name.to_owned(), message })).ok()
    }

    /// Ends reading; what was given and not read is a mistake.
    pub fn finish(mut self) -> Result<(), Vec<BuildError>> {
        for name in self.given.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let message = match self.known.as_slice() {
                [] => "there is no such parameter: this processor takes none".to_owned(),
                known => format!("there is no such parameter: expected {}", known.join(", ")),
            };
            self.mistakes.push(BuildError { param: name.clone(), message });
        }
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Params").field("known", &self.known).finish_non_exhaustive()
    }
}

/// A default as the attribute writes it: the text itself, or JSON where a text does not fit, as for a list.
fn from_default<T: Param>(text: &str) -> Result<T, ParamError> {
    T::from_value(&Value::String(text.to_owned())).or_else(|error| match serde_json::from_str(text) {
        Ok(value) => T::from_value(&value),
        Err(_) => Err(error),
    })
}

/// A parameter for checks and listings.
pub fn param_type<T: Param>(
    name: &'static str,
    default: Option<&'static str>,
    doc: &'static str,
    live: bool,
) -> ParamType {
    ParamType {
        name,
        kind: T::kind(),
        required: default.is_none() && T::when_absent().is_none(),
        default,
        doc,
        live,
        secret: T::IS_SECRET,
        path: T::IS_PATH,
        check: |value| T::from_value(value).map(drop),
    }
}

/// A field that is neither a parameter nor state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a plain field of a processor, since it has no default",
    label = "made by `Default` before `open` is called",
    note = "write `Option<{Self}>` and fill it in `open`, or add `#[param]`"
)]
pub trait Plain {
    /// The value before `open`.
    fn plain() -> Self;
}

// So that the message above is shown, and not that `Default` is missing.
#[diagnostic::do_not_recommend]
impl<T: Default> Plain for T {
    fn plain() -> Self {
        T::default()
    }
}

/// The value of a plain field before `open`.
pub fn plain<T: Plain>() -> T {
    T::plain()
}

/// Changed parameters of a running job.
#[derive(Debug)]
pub struct LiveParams<'a> {
    changed: &'a ParamMap,
    mistakes: Vec<(String, ParamError)>,
}

impl<'a> LiveParams<'a> {
    /// The parameters that changed, or all of them.
    pub fn new(changed: &'a ParamMap) -> Self {
        Self { changed, mistakes: Vec::new() }
    }

    /// Reads one, if it is among them.
    pub fn read<T: Param>(&mut self, name: &str) -> Option<T> {
        let value = self.changed.get(name)?;
        T::from_value(value).map_err(|e| self.mistakes.push((name.to_owned(), e))).ok()
    }

    /// Ends reading; after a mistake nothing is changed.
    pub fn finish(self) -> Result<(), Vec<(String, ParamError)>> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }
}
