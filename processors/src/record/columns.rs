//! Which column of a file holds which field.

use std::fmt;

use super::Tokens;
use crate::contract::{Error, Schema};

/// The bytes with which some programs begin a UTF-8 file.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The columns of a file of delimited text; part of a shard's description, so that a shard that starts in the middle
/// of a file knows its header.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ColumnMap {
    /// The names of the header; `None`: the file has none, and its columns stand in the order of the fields.
    columns: Option<Vec<String>>,
    delimiter: u8,
}

/// Why text cannot be read as columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadColumns {
    /// A delimiter that could be part of a value.
    #[error("`{}` cannot be a delimiter: it can be part of a value; use a comma, semicolon, bar or tab", .0.escape_ascii())]
    Delimiter(u8),
    /// A header that cannot be read.
    #[error("the header is not readable: {0}")]
    Header(String),
    /// A column without a name.
    #[error("column {0} of the header has no name")]
    NoName(usize),
}

impl ColumnMap {
    /// The columns of a file without a header: the record's fields, in order.
    pub fn in_order(delimiter: u8) -> Result<Self, BadColumns> {
        check_delimiter(delimiter)?;
        Ok(Self { columns: None, delimiter })
    }

    /// The columns named by a header line, with or without its line ending; a byte order mark before it is dropped.
    pub fn from_header(line: &[u8], delimiter: u8) -> Result<Self, BadColumns> {
        check_delimiter(delimiter)?;
        let line = without_bom(line);
        let mut tokens = Tokens::default();
        let row = tokens.read(line, delimiter, true);
        if let Some(error) = row.fault() {
            return Err(BadColumns::Header(error.to_string()));
        }
        let mut columns = Vec::new();
        for (i, name) in tokens.fields(line).enumerate() {
            let name = std::str::from_utf8(name)
                .map_err(|_| BadColumns::Header(format!("the name of column {} is not UTF-8", i + 1)))?;
            columns.push(name.trim().to_owned());
        }
        match columns.iter().position(String::is_empty) {
            Some(i) => Err(BadColumns::NoName(i + 1)),
            None => Ok(Self { columns: Some(columns), delimiter }),
        }
    }

    /// The names of the header, if there is one.
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// The delimiter.
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// For each field the column that holds it (`None`: an optional field without one); nothing at all where the
    /// columns are the fields, in order.
    pub(crate) fn places(&self, schema: &Schema) -> Result<Option<Vec<Option<usize>>>, Error> {
        let Some(columns) = &self.columns else { return Ok(None) };
        if columns.iter().map(String::as_str).eq(schema.fields.iter().map(|f| f.name)) {
            return Ok(None);
        }
        let mut places = Vec::new();
        let mut mistakes = Vec::new();
        for field in schema.fields {
            let mut found = columns.iter().enumerate().filter(|(_, c)| *c == field.name).map(|(i, _)| i);
            let place = found.next();
            if found.next().is_some() {
                mistakes.push(format!("the column `{}` stands there twice", field.name));
            } else if place.is_none() && !field.optional {
                mistakes.push(format!("there is no column `{}`{}", field.name, similar(field.name, columns)));
            }
            places.push(place);
        }
        if mistakes.is_empty() {
            return Ok(Some(places));
        }
        let header = columns.join(&char::from(self.delimiter).to_string());
        Err(Error::fatal(format!(
            "read `{}` from the columns `{header}`: {}",
            schema.name,
            mistakes.join("; ")
        )))
    }
}

fn similar(name: &str, columns: &[String]) -> String {
    let close = columns.iter().map(|c| (strsim::jaro_winkler(name, &c.to_lowercase()), c));
    match close.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((closeness, column)) if closeness > 0.8 => format!(" (is it `{column}`?)"),
        _ => String::new(),
    }
}

/// The text without a byte order mark.
pub(crate) fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(BOM).unwrap_or(text)
}

fn check_delimiter(delimiter: u8) -> Result<(), BadColumns> {
    let part_of_values = delimiter.is_ascii_alphanumeric() || b"\"\r\n.-+".contains(&delimiter);
    if part_of_values || !delimiter.is_ascii() || delimiter == 0 {
        return Err(BadColumns::Delimiter(delimiter));
    }
    Ok(())
}

impl fmt::Display for ColumnMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.columns {
            Some(columns) => f.write_str(&columns.join(&char::from(self.delimiter).to_string())),
            None => f.write_str("columns in the order of the fields"),
        }
    }
}
