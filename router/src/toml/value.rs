//! Values of a TOML file, each with its place, tables in the order of the file.

use super::Place;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Item {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub place: Place,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    String(String),
    /// An integer.
    Integer(i64),
    /// A number with a point or an exponent, as it is written, so that decimals stay exact.
    Float(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A date, a time or both, as it is written.
    Datetime(String),
    /// A list.
    Array(Vec<Item>),
    /// A table.
    Table(Table),
    /// A value that a placeholder stands for and that is known later; the text says of which type. Reading it gives
    /// nothing, and is no mistake.
    Pending(&'static str),
}

impl Value {
    /// What it is, with an article, for messages.
    pub fn described(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime(_) => "a date",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Pending(what) => what,
        }
    }
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// What it is set to.
    pub item: Item,
}

/// Keys and values in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries.
    pub entries: Vec<Entry>,
}

impl Table {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }
}
