//! The header line of a file.

use super::{input::Input, key::Rows, quotes::Quoting};
use crate::{
    builtin::row_text::Fields,
    contract::{Error, Result},
};

/// What some programs write before the text to say that it is UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How a file begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The header line, without its line ending.
    pub(super) header: Option<String>,
    /// Where the rows begin.
    pub(super) rows: u64,
}

/// Reads the byte order mark, if there is one, and the header line, if there should be one.
pub(super) fn read(input: &Input<'_>, quoting: Quoting, header: bool) -> Result<Head> {
    let mut start = [0; BOM.len()];
    let read = input.read(&mut start, 0)?;
    let from = if &start[..read] == BOM { BOM.len() as u64 } else { 0 };
    if !header {
        return Ok(Head { header: None, rows: from });
    }
    let mut rows = Rows::from(input, quoting, from);
    let Some((_, line)) = rows.next()? else { return Err(empty(input)) };
    let len = line.len() as u64;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => Ok(Head { header: Some(text.to_owned()), rows: from + len }),
        Err(e) => {
            let what =
                "the header line is not UTF-8: convert the file, or give `header = false` if it has none";
            Err(input.error_at(from + e.valid_up_to() as u64, what).with_code("dyeline::csv::bad_header"))
        }
    }
}

fn empty(input: &Input<'_>) -> Error {
    Error::fatal(format!("read `{}`: the file is empty, expected a header", input.path.display()))
        .with_code("dyeline::csv::empty_file")
        .with_help(
            "check that the file was written to its end; give `header = false` if it has no header line",
        )
}

/// The place of a column in a header line.
pub(super) fn column(header: &str, delimiter: u8, name: &str, input: &Input<'_>) -> Result<usize> {
    let names: Vec<String> = Fields::of(header.as_bytes(), delimiter)
        .map(|f| String::from_utf8_lossy(&f).trim().to_owned())
        .collect();
    names.iter().position(|n| n == name).ok_or_else(|| {
        let have = names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        Error::fatal(format!("read `{}`: there is no column `{name}`", input.path.display()))
            .with_code("dyeline::csv::unknown_column")
            .with_help(format!("the file's columns are {have}"))
    })
}
