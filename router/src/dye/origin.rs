//! Who calls: a service, and the group of it that the process runs in.

use std::{fmt, sync::Arc};

/// The longest text of an origin, in bytes.
const MAX_ORIGIN_BYTES: usize = 200;

/// A process as its calls name it: `service/group`.
///
/// Rules for one caller (`"ledger -> risk"`) go by the service; traffic whose dye was lost stays in the group.
/// Names have letters, digits, `.`, `_` and `-`. Cloning counts a reference.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    text: Arc<str>,
    service: usize,
}

impl Origin {
    /// The process of this group of this service; `None` if a name is empty or has another character, or both
    /// together are over 199 bytes.
    pub fn new(service: &str, group: &str) -> Option<Self> {
        Self::from_bytes(format!("{service}/{group}").as_bytes())
    }

    /// An origin from the bytes of a header or a message.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let service = bytes.iter().position(|b| *b == b'/')?;
        let (name, group) = (&bytes[..service], &bytes[service + 1..]);
        let named = |part: &[u8]| !part.is_empty() && part.iter().all(fits);
        if bytes.len() > MAX_ORIGIN_BYTES || !named(name) || !named(group) {
            return None;
        }
        Some(Self { text: std::str::from_utf8(bytes).ok()?.into(), service })
    }

    /// Work that belongs to no process of any service.
    #[cfg(all(feature = "http", feature = "reqwest"))]
    pub(crate) fn outside() -> Self {
        Self { text: "outside/none".into(), service: "outside".len() }
    }

    /// The service.
    pub fn service(&self) -> &str {
        &self.text[..self.service]
    }

    /// Its group.
    pub fn group(&self) -> &str {
        &self.text[self.service + 1..]
    }

    /// Both, as in a header.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_service_and_its_group() {
        let origin = Origin::new("ledger", "batch").unwrap();
        assert_eq!((origin.service(), origin.group(), origin.as_str()), ("ledger", "batch", "ledger/batch"));
        assert_eq!(Origin::from_bytes(b"ledger/batch"), Some(origin));
        let long = "x".repeat(200);
        let bad = ["", "/", "ledger", "ledger/", "/batch", "a/b/c", "a b/c", "a/b\n", "ä/b", long.as_str()];
        for text in bad {
            assert_eq!(Origin::from_bytes(text.as_bytes()), None, "{text}");
        }
    }
}
