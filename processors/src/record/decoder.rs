//! Rows of text to items, buffer after buffer.

use std::marker::PhantomData;

use super::{ColumnMap, Fault, FieldError, RowCursor, Tokens, tokens::Row};
use crate::contract::{Chunk, Error, Record};

/// The longest row. A quote that nothing closes would otherwise take the rest of the file into memory.
pub const MAX_ROW_BYTES: usize = 4 << 20;

/// A rejected row is kept up to this length.
const MAX_KEPT_BYTES: usize = 4096;

/// How far a decoder came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes that need not be given again.
    pub consumed: usize,
    /// Rows, rejected ones included.
    pub rows: usize,
}

/// A row that is no item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReject {
    /// Where it begins in the buffer, in bytes.
    pub offset: usize,
    /// Its number among the rows of this call, from 0, rejected ones included.
    pub row: usize,
    /// What is wrong.
    pub error: FieldError,
    /// What is wrong, in words: the column, what was expected, what was found.
    pub message: String,
    /// The row, cut to a bounded length.
    pub text: String,
}

/// Turns rows of text into items of a record that only the decoder knows.
pub trait TextDecoder: Send {
    /// Decodes rows from the beginning of `input`, at most `room` of them, and appends the items to `out`.
    ///
    /// A row whose end is not in `input` stays unread unless nothing follows (`last`): call again with a longer
    /// buffer from there. A bad row goes to `rejects`, and decoding goes on behind it. Empty lines are no rows.
    fn decode(
        &mut self,
        input: &[u8],
        last: bool,
        room: usize,
        out: &mut Chunk,
        rejects: &mut Vec<RowReject>,
    ) -> Decoded;
}

/// A decoder of rows with the given columns.
pub(crate) fn text_decoder<T: Record>(columns: &ColumnMap) -> Result<Box<dyn TextDecoder>, Error> {
    let places = columns.places(&T::SCHEMA)?;
    let names = columns.columns().map_or(T::SCHEMA.fields.len(), <[String]>::len);
    Ok(Box::new(Decoder::<T> {
        delimiter: columns.delimiter(),
        places,
        columns: names,
        tokens: Tokens::default(),
        fields: Vec::new(),
        item: PhantomData,
    }))
}

struct Decoder<T> {
    delimiter: u8,
    /// The column of each field; `None`: in order, so that the straight path can be taken.
    places: Option<Vec<Option<usize>>>,
    columns: usize,
    tokens: Tokens,
    /// Empty between rows; kept for its memory.
    fields: Vec<&'static [u8]>,
    item: PhantomData<fn() -> T>,
}

/// What the careful reader found.
enum Next<T> {
    Incomplete,
    Blank(usize),
    Item(T, usize),
    Bad(FieldError, usize),
}

impl<T: Record> TextDecoder for Decoder<T> {
    fn decode(
        &mut self,
        input: &[u8],
        last: bool,
        room: usize,
        out: &mut Chunk,
        rejects: &mut Vec<RowReject>,
    ) -> Decoded {
        let items = out.items_mut::<T>();
        items.reserve(room.min(input.len()));
        let mut row = RowCursor::new(input, self.delimiter);
        let mut decoded = Decoded::default();
        while decoded.rows < room && decoded.consumed < input.len() {
            if self.places.is_none() {
                straight(&mut row, items, room, &mut decoded);
                if decoded.rows == room {
                    break;
                }
            }
            let rest = &input[decoded.consumed..];
            let len = match self.careful(rest, last) {
                Next::Incomplete => break,
                Next::Blank(len) => len,
                Next::Item(item, len) => {
                    items.push(item);
                    decoded.rows += 1;
                    len
                }
                Next::Bad(error, len) => {
                    rejects.push(self.reject(error, rest, len, &decoded));
                    decoded.rows += 1;
                    len
                }
            };
            decoded.consumed += len;
            row.go(decoded.consumed);
        }
        decoded
    }
}

/// Takes rows as long as nothing unusual comes.
#[inline]
fn straight<T: Record>(row: &mut RowCursor<'_>, items: &mut Vec<T>, room: usize, decoded: &mut Decoded) {
    let (mut rows, mut consumed) = (decoded.rows, decoded.consumed);
    while rows < room {
        // An empty line is no row, also where a record of one text could be made of it.
        if T::SCHEMA.fields.len() == 1 && row.at_line_end() {
            break;
        }
        let Ok(item) = T::decode_row(row) else { break };
        if !row.end_line() || row.at() - consumed > MAX_ROW_BYTES {
            break;
        }
        items.push(item);
        rows += 1;
        consumed = row.at();
    }
    *decoded = Decoded { consumed, rows };
}

impl<T: Record> Decoder<T> {
    fn careful(&mut self, text: &[u8], last: bool) -> Next<T> {
        let len = match self.tokens.read(text, self.delimiter, last) {
            Row::Incomplete => return Next::Incomplete,
            Row::Blank { len } => return Next::Blank(len),
            Row::Whole { len, fault: Some(fault), .. } => return Next::Bad(fault, len),
            Row::Whole { len, fault: None, .. } => len,
        };
        if self.tokens.count() != self.columns {
            return Next::Bad(FieldError::count(self.columns, self.tokens.count()), len);
        }
        let mut fields: Vec<&[u8]> = std::mem::take(&mut self.fields);
        match &self.places {
            None => fields.extend(self.tokens.fields(text)),
            Some(places) => fields.extend(
                places.iter().map(|p| p.and_then(|p| self.tokens.field(text, p)).unwrap_or_default()),
            ),
        }
        let decoded = T::decode_fields(&fields);
        // The same memory without the borrows.
        fields.clear();
        self.fields = fields.into_iter().map(|_| [].as_slice()).collect();
        match decoded {
            Ok(item) => Next::Item(item, len),
            Err(error) => Next::Bad(error, len),
        }
    }

    #[cold]
    fn reject(&self, error: FieldError, text: &[u8], len: usize, decoded: &Decoded) -> RowReject {
        let column = match &self.places {
            None => Some(usize::from(error.field)),
            Some(places) => places.get(usize::from(error.field)).copied().flatten(),
        };
        let found = column.and_then(|c| self.tokens.field(text, c)).unwrap_or_default();
        let message = match error.fault {
            Fault::FieldCount { expected, found } if self.places.is_some() => {
                format!("expected {expected} fields as in the header, found {found}")
            }
            // These are found before columns are known by their fields.
            Fault::StrayQuote | Fault::AfterQuote | Fault::Unclosed => {
                format!("column {}: {}", u32::from(error.field) + 1, error.fault)
            }
            Fault::TooLong => error.to_string(),
            _ => error.describe(&T::SCHEMA, found),
        };
        let kept = &text[..len.min(MAX_KEPT_BYTES)];
        let kept = kept.strip_suffix(b"\n").unwrap_or(kept);
        let kept = kept.strip_suffix(b"\r").unwrap_or(kept);
        let text = String::from_utf8_lossy(kept).into_owned();
        RowReject { offset: decoded.consumed, row: decoded.rows, error, message, text }
    }
}
