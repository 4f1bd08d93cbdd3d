//! Cuts a sorted file only where the value of a column changes.

use std::borrow::Cow;

use super::{
    input::Input,
    quotes::{Quoting, Reader},
};
use crate::{builtin::row_text::Fields, contract::Result};

/// The first read; most rows are far shorter.
const FIRST_READ: usize = 4 << 10;
/// The most that is read at a time.
const MAX_READ: usize = 1 << 20;
/// A row longer than this has a quote that is never closed, or the file is no CSV.
pub(super) const MAX_ROW_BYTES: usize = 64 << 20;

/// The rows of a file, one after the other.
pub(super) struct Rows<'a> {
    input: &'a Input<'a>,
    quoting: Quoting,
    buffer: Vec<u8>,
    /// Where the next row begins in the buffer.
    at: usize,
    /// Where the buffer's end is in the file.
    read_to: u64,
    read: usize,
}

impl<'a> Rows<'a> {
    /// Rows from a place where one begins.
    pub(super) fn from(input: &'a Input<'a>, quoting: Quoting, start: u64) -> Self {
        Self { input, quoting, buffer: Vec::new(), at: 0, read_to: start, read: FIRST_READ }
    }

    /// The place of the next row, and the row with its line ending.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        let mut reader = Reader::at_row(self.quoting);
        let mut looked = 0;
        loop {
            let rest = &self.buffer[self.at + looked..];
            if let Some(end) = reader.row_end(rest) {
                return Ok(Some(self.take(looked + end)));
            }
            looked += rest.len();
            if looked > MAX_ROW_BYTES {
                let start = self.read_to - looked as u64;
                let what =
                    format!("a row of more than {} MiB: is a quote never closed?", MAX_ROW_BYTES >> 20);
                return Err(self.input.error_at(start, what).with_code("dyeline::csv::long_row"));
            }
            if !self.fill()? {
                return Ok((looked > 0).then(|| self.take(looked)));
            }
        }
    }

    fn take(&mut self, len: usize) -> (u64, &[u8]) {
        let start = self.at;
        self.at += len;
        let place = self.read_to - (self.buffer.len() - start) as u64;
        (place, &self.buffer[start..self.at])
    }

    /// Reads more behind what is left; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + self.read, 0);
        let got = self.input.read(&mut self.buffer[kept..], self.read_to)?;
        self.buffer.truncate(kept + got);
        self.read_to += got as u64;
        self.read = (self.read * 4).min(MAX_READ);
        Ok(got > 0)
    }
}

/// The first row, at or behind the second from `start` (where a row begins), whose key differs from that of the row
/// before it; `None` if there is none.
pub(super) fn change_behind(
    input: &Input<'_>,
    quoting: Quoting,
    column: usize,
    start: u64,
) -> Result<Option<u64>> {
    let mut rows = Rows::from(input, quoting, start);
    let mut key: Option<Vec<u8>> = None;
    while let Some((place, row)) = rows.next()? {
        // A row without the column is the loader's to reject; it belongs to the key it stands among.
        let Some(found) = field(row, column, quoting.delimiter) else { continue };
        match &key {
            Some(key) if **key == *found => {}
            Some(_) => return Ok(Some(place)),
            None => key = Some(found.into_owned()),
        }
    }
    Ok(None)
}

fn field(row: &[u8], column: usize, delimiter: u8) -> Option<Cow<'_, [u8]>> {
    let blank = matches!(row, b"\n" | b"\r\n");
    if blank { None } else { Fields::of(row, delimiter).nth(column) }
}
