//! A config as a tree, in the order in which people read it.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value of a config. Keys keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Values in order.
    List(Vec<Document>),
    /// Values by key, in order.
    Map(Vec<(String, Document)>),
}

impl Document {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// A map of these entries.
pub(super) fn map<const N: usize>(entries: [(&str, Document); N]) -> Document {
    Document::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// A list of these values.
pub(super) fn list(values: impl IntoIterator<Item = impl Into<Document>>) -> Document {
    Document::List(values.into_iter().map(Into::into).collect())
}

impl Document {
    /// The same map with further entries.
    pub(super) fn with<const N: usize>(mut self, more: [(&str, Document); N]) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
        }
        self
    }

    /// The same map with the entries of another one.
    pub(super) fn with_all(mut self, more: Self) -> Self {
        if let (Self::Map(entries), Self::Map(more)) = (&mut self, more) {
            entries.extend(more);
        }
        self
    }

    /// The same map with an entry more, if there is one.
    pub(super) fn with_some(self, key: &str, value: Option<impl Into<Document>>) -> Self {
        match value {
            Some(value) => self.with([(key, value.into())]),
            None => self,
        }
    }
}

impl From<&str> for Document {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Document {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Document {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Number(number) => to.serialize_u64(*number),
            Self::Flag(flag) => to.serialize_bool(*flag),
            Self::List(values) => to.collect_seq(values),
            Self::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}
