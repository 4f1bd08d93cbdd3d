//! Rows of delimited text after RFC 4180, in full: the careful reader.
//!
//! A row ends at the first line ending that is not between quotes, also if the row is bad: the same rule by which a
//! file is cut into shards. A quote that nothing closes within [`MAX_ROW_BYTES`] does not count, nor does one in the
//! middle of a field, so that a stray quote spoils its own row only.

use super::{Fault, FieldError, MAX_ROW_BYTES};

/// The fields of one row; reused from row to row.
#[derive(Debug, Default)]
pub struct Tokens {
    spans: Vec<Span>,
    /// Fields with doubled quotes, put together.
    unescaped: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
    unescaped: bool,
}

/// What stands at the beginning of some text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A row whose end is not in the text.
    Incomplete,
    /// An empty line, which is no row.
    Blank {
        /// Its bytes with the line ending.
        len: usize,
    },
    /// A row.
    Whole {
        /// Its bytes with the line ending.
        len: usize,
        /// Its bytes without.
        content: usize,
        /// What is wrong with its quotes or length, if anything.
        fault: Option<FieldError>,
    },
}

impl Row {
    /// What is wrong with the row.
    pub fn fault(&self) -> Option<FieldError> {
        match self {
            Self::Whole { fault, .. } => *fault,
            _ => None,
        }
    }
}

impl Tokens {
    /// Reads the row at the beginning of `text`; `last`: nothing follows the text.
    pub fn read(&mut self, text: &[u8], delimiter: u8, last: bool) -> Row {
        self.spans.clear();
        self.unescaped.clear();
        let (len, fault) = match row_end(text, delimiter, last) {
            End::Unknown => return Row::Incomplete,
            End::At(len) => (len, None),
            End::Bad(len, fault) => (len, Some(FieldError::new(fault, 0))),
        };
        let line = &text[..len];
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        if content.is_empty() {
            return Row::Blank { len };
        }
        let fault = fault.or_else(|| {
            self.split(content, delimiter).err().map(|fault| FieldError::new(fault, self.spans.len()))
        });
        Row::Whole { len, content: content.len(), fault }
    }

    /// The fields of the row that [`Tokens::read`] found at the beginning of `text`, without their quotes.
    pub fn fields<'a>(&'a self, text: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.spans.iter().map(move |span| self.slice(*span, text))
    }

    /// How many fields the row has.
    pub fn count(&self) -> usize {
        self.spans.len()
    }

    /// One field of the row, if it has so many.
    pub fn field<'a>(&'a self, text: &'a [u8], index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|span| self.slice(*span, text))
    }

    fn slice<'a>(&'a self, span: Span, text: &'a [u8]) -> &'a [u8] {
        let source = if span.unescaped { &self.unescaped } else { text };
        &source[span.from..span.to]
    }

    fn split(&mut self, content: &[u8], delimiter: u8) -> Result<(), Fault> {
        let mut at = 0;
        loop {
            let rest = &content[at..];
            let len = match rest.first() {
                Some(b'"') => self.quoted(rest, at, delimiter)?,
                _ => {
                    let len = memchr::memchr2(delimiter, b'"', rest).unwrap_or(rest.len());
                    if rest.get(len) == Some(&b'"') {
                        return Err(Fault::StrayQuote);
                    }
                    self.spans.push(Span { from: at, to: at + len, unescaped: false });
                    len
                }
            };
            if len == rest.len() {
                return Ok(());
            }
            at += len + 1;
        }
    }

    /// Takes a field that begins with a quote; its length with its quotes.
    fn quoted(&mut self, rest: &[u8], at: usize, delimiter: u8) -> Result<usize, Fault> {
        let start = self.unescaped.len();
        let mut from = 1;
        loop {
            let to = from + memchr::memchr(b'"', &rest[from..]).ok_or(Fault::Unclosed)?;
            let doubled = rest.get(to + 1) == Some(&b'"');
            if doubled || self.unescaped.len() > start {
                self.unescaped.extend_from_slice(&rest[from..to + usize::from(doubled)]);
            }
            if doubled {
                from = to + 2;
                continue;
            }
            if rest.get(to + 1).is_some_and(|b| *b != delimiter) {
                return Err(Fault::AfterQuote);
            }
            let span = if self.unescaped.len() > start {
                Span { from: start, to: self.unescaped.len(), unescaped: true }
            } else {
                Span { from: at + 1, to: at + to, unescaped: false }
            };
            self.spans.push(span);
            return Ok(to + 1);
        }
    }
}

enum End {
    Unknown,
    At(usize),
    Bad(usize, Fault),
}

/// How long the row is, with its line ending.
fn row_end(text: &[u8], delimiter: u8, last: bool) -> End {
    let near = &text[..text.len().min(MAX_ROW_BYTES)];
    let mut in_quotes = false;
    // Behind the quote that closed a field: another one there reopens it.
    let mut reopens = None;
    let mut first_newline = None;
    for at in memchr::memchr2_iter(b'"', b'\n', near) {
        if near[at] == b'"' {
            let opens = at == 0 || near[at - 1] == delimiter || reopens == Some(at);
            reopens = in_quotes.then_some(at + 1);
            in_quotes = !in_quotes && opens;
        } else if in_quotes {
            first_newline.get_or_insert(at + 1);
        } else {
            return End::At(at + 1);
        }
    }
    let complete = last && near.len() == text.len();
    match (complete || near.len() == MAX_ROW_BYTES, in_quotes) {
        (false, _) => End::Unknown,
        (true, true) => End::Bad(first_newline.unwrap_or(near.len()), Fault::Unclosed),
        (true, false) if complete => End::At(near.len()),
        (true, false) => End::Bad(near.len(), Fault::TooLong),
    }
}
