//! `#[state]` fields in a checkpoint: each with its name, as JSON.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    contract::{Error, Result},
    record::{decode_u64, encode_u64},
};

/// A `#[state]` field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a processor",
    label = "saved with a checkpoint",
    note = "add `#[derive(Default, serde::Serialize, serde::Deserialize)]` to it, or take `#[state]` off if a checkpoint can do without"
)]
pub trait State: Serialize + DeserializeOwned + Default {}

// So that the message above is shown, and not which of the three is missing.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Default> State for T {}

/// The value of a `#[state]` field at the start of a shard.
pub fn state<T: State>() -> T {
    T::default()
}

/// Writes the fields.
#[derive(Debug)]
pub struct StateWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> StateWriter<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Writes a field.
    pub fn field<T: State>(&mut self, name: &str, value: &T) -> Result<()> {
        let json = serde_json::to_vec(value).map_err(|e| {
            Error::fatal(format!("save the state `{name}`: {e} (keys of maps must be texts or numbers)"))
        })?;
        for part in [name.as_bytes(), &json] {
            encode_u64(part.len() as u64, self.out);
            self.out.extend_from_slice(part);
        }
        Ok(())
    }
}

/// Reads the fields.
#[derive(Debug)]
pub struct StateReader<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> StateReader<'a> {
    /// Reads what [`StateWriter`] wrote.
    pub fn new(mut state: &'a [u8]) -> Result<Self> {
        let mut fields = Vec::new();
        while !state.is_empty() {
            fields.push((part(&mut state)?, part(&mut state)?));
        }
        Ok(Self { fields })
    }

    /// Reads a field.
    pub fn field<T: State>(&mut self, name: &str) -> Result<T> {
        let found = self.fields.iter().find(|(n, _)| *n == name.as_bytes());
        let (_, json) = found.ok_or_else(|| {
            Error::fatal(format!(
                "restore the state `{name}`: the checkpoint has none, the processor has changed since"
            ))
        })?;
        serde_json::from_slice(json).map_err(|e| Error::fatal(format!("restore the state `{name}`: {e}")))
    }
}

fn part<'a>(state: &mut &'a [u8]) -> Result<&'a [u8]> {
    let cut = || Error::fatal("restore the state: it ends too early");
    let len = decode_u64(state).map_err(|_| cut())?;
    let (part, rest) = usize::try_from(len).ok().and_then(|n| state.split_at_checked(n)).ok_or_else(cut)?;
    *state = rest;
    Ok(part)
}
