//! The keys of those who may vouch for a dye.

use std::{env, fmt, fs};

use miette::Diagnostic;
use thiserror::Error;

/// The shortest key, in bytes: as long as what the hash gives (RFC 2104, section 3).
const MIN_KEY_BYTES: usize = 32;
/// The longest name of a key.
const MAX_ID_BYTES: usize = 32;

/// A key that cannot be used. No part of a key is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("the key `{id}` cannot be used: {why}")]
#[diagnostic(
    code(dyeline::dye::bad_key),
    help(
        "name it with letters, digits, `-` and `_`, and refer to 32 random bytes or more by `env:NAME` or `file:PATH`"
    )
)]
pub struct BadKey {
    id: String,
    why: String,
}

/// A key and its name. Neither shows nor logs the key.
#[derive(Clone)]
pub struct EdgeKey {
    pub(super) id: Box<str>,
    pub(super) secret: Box<[u8]>,
}

impl EdgeKey {
    /// A key by its bytes.
    ///
    /// # Errors
    ///
    /// The name is empty, over 32 bytes or has other characters than letters, digits, `-` and `_`; the key has fewer
    /// than 32 bytes.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, BadKey> {
        let bad = |why: String| Err(BadKey { id: id.escape_default().to_string(), why });
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(named) {
            return bad("its name is none".to_owned());
        }
        if secret.len() < MIN_KEY_BYTES {
            return bad(format!("it has {} bytes, and needs {MIN_KEY_BYTES}", secret.len()));
        }
        Ok(Self { id: id.into(), secret: secret.into() })
    }

    /// A key by where it is: `env:NAME` or `file:PATH`. Its bytes are the text there, without blanks and line ends
    /// around it.
    ///
    /// # Errors
    ///
    /// The place is not of these, there is nothing, or it is no key as in [`new`](Self::new).
    pub fn from_reference(id: &str, reference: &str) -> Result<Self, BadKey> {
        let bad = |why| BadKey { id: id.escape_default().to_string(), why };
        let bytes = match reference.split_once(':') {
            Some(("env", name)) => env::var_os(name)
                .map(|value| value.into_encoded_bytes())
                .ok_or_else(|| bad(format!("the environment has no `{name}`")))?,
            Some(("file", path)) => {
                fs::read(path).map_err(|e| bad(format!("the file {path} cannot be read: {e}")))?
            }
            // What stands here instead may be the key itself, so that it is not repeated.
            _ => return Err(bad("it is neither `env:NAME` nor `file:PATH`".to_owned())),
        };
        Self::new(id, bytes.trim_ascii())
    }
}

impl fmt::Debug for EdgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeKey({})", self.id)
    }
}

/// The keys that an edge knows. Several, so that one can be replaced while both are in use.
#[derive(Clone, Debug, Default)]
pub struct EdgeKeys {
    pub(super) keys: Vec<EdgeKey>,
}

impl EdgeKeys {
    /// These keys; of two with one name, the first.
    pub fn new(keys: impl IntoIterator<Item = EdgeKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}
