//! Decides where the shards of a file begin.

use super::{
    input::Input,
    key::change_behind,
    quotes::{Quoting, Reader},
    scan::{Start, states_at},
};
use crate::contract::{Context, Result};

/// What is read first to find the end of a row; most rows are shorter.
const FIRST_READ: usize = 4 << 10;
/// The most that is read at a time.
const MAX_READ: usize = 256 << 10;

/// How a file is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutting {
    /// How quotes are read.
    pub(super) quoting: Quoting,
    /// Where the rows begin.
    pub(super) rows: u64,
    /// The column whose value must not be on both sides of a cut.
    pub(super) key: Option<usize>,
}

/// Cuts a file into at most `shards` ranges of about the same length: where each begins, and the file's end. Every row
/// is in exactly one; there is always at least one, and none is empty unless the file has no rows.
pub(super) fn cut(input: &Input<'_>, cutting: Cutting, shards: u32, cx: &Context) -> Result<Vec<u64>> {
    let (rows, end) = (cutting.rows.min(input.len), input.len);
    let mut bounds = vec![rows];
    let places = places(rows, end, shards);
    let starts = if cutting.quoting.newlines {
        states_at(input, cutting.quoting, rows, &places, cx)?
    } else {
        // Not looked at, since every newline ends a row.
        let start = Reader::at_row(cutting.quoting).state();
        vec![Start { state: start, before: b'\n' }; places.len()]
    };
    let mut last = rows;
    for (place, start) in places.into_iter().zip(starts) {
        // The row that begins at or behind this place was found for the one before already.
        if place < last {
            continue;
        }
        let mut found = row_behind(input, cutting.quoting, place, start)?;
        if let (Some(column), true) = (cutting.key, found < end) {
            found = change_behind(input, cutting.quoting, column, found)?.unwrap_or(end);
        }
        last = found;
        if found >= end {
            break;
        }
        bounds.push(found);
    }
    bounds.push(end);
    Ok(bounds)
}

/// Even cuts, each moved one byte to the front: a row begins behind the first newline from there.
fn places(rows: u64, end: u64, shards: u32) -> Vec<u64> {
    let len = u128::from(end - rows);
    let mut places: Vec<u64> = (1..shards)
        .map(|n| rows + (len * u128::from(n) / u128::from(shards)) as u64)
        .filter(|cut| *cut > rows)
        .map(|cut| cut - 1)
        .collect();
    places.dedup();
    places
}

/// Where the first row begins behind the first newline, from `place` on, that ends a row; or the end of the file.
fn row_behind(input: &Input<'_>, quoting: Quoting, place: u64, start: Start) -> Result<u64> {
    let mut reader = Reader::at(quoting, start.state, start.before);
    let mut buffer = vec![0; FIRST_READ];
    let mut at = place;
    loop {
        let read = input.read(&mut buffer, at)?;
        if let Some(end) = reader.row_end(&buffer[..read]) {
            return Ok(at + end as u64);
        }
        at += read as u64;
        if read < buffer.len() {
            return Ok(at);
        }
        buffer.resize((buffer.len() * 4).min(MAX_READ), 0);
    }
}
