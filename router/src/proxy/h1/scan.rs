//! Where a head ends, over bytes that come in pieces.

use bytes::{Buf, Bytes, BytesMut};
use http::StatusCode;

use super::head::Malformed;
use crate::proxy::settings::{Limits, MOST_FIELDS};

/// Looks for the end of a head, over bytes that come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    seen: usize,
    line_began: usize,
    lines: usize,
    /// Whether the empty line before a request has come.
    skipped: bool,
}

/// What a client sends first.
#[derive(Debug)]
pub(super) enum Front {
    /// The head of a request.
    Head(Bytes),
    /// The preface of HTTP/2, which is left where it stands.
    Http2,
}

/// What HTTP/2 clients send first, RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Scan {
    /// What a client has sent, once enough of it is there; a head is taken off the input.
    ///
    /// One empty line may stand before a request (RFC 9112 §2.2), and is dropped.
    pub(super) fn front(
        &mut self,
        input: &mut BytesMut,
        limits: &Limits,
    ) -> Result<Option<Front>, Malformed> {
        if !self.skipped && self.lines == 0 && input.starts_with(b"\r\n") {
            input.advance(2);
            *self = Self { skipped: true, ..Self::default() };
        }
        let n = input.len().min(PREFACE.len());
        if n >= 4 && input[..n] == PREFACE[..n] {
            return Ok((n == PREFACE.len()).then_some(Front::Http2));
        }
        let length = self.head(input, limits)?;
        Ok(length.map(|length| Front::Head(input.split_to(length).freeze())))
    }

    /// The length of the head at the front, once all of it is there.
    ///
    /// Every line must end with CR LF. RFC 9112 §2.2 lets a recipient take a bare LF for a line's end; one hop that
    /// does and one that does not see different requests.
    pub(crate) fn head(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Malformed> {
        let from = self.seen;
        for at in memchr::memchr_iter(b'\n', &input[from..]).map(|at| at + from) {
            if at == 0 || input[at - 1] != b'\r' {
                return Err(Malformed::bad("a line feed stands without a carriage return"));
            }
            if at - 1 == self.line_began {
                return match at < limits.head {
                    true => Ok(Some(at + 1)),
                    false => Err(Malformed::large("the head is too long")),
                };
            }
            self.line(at + 1 - self.line_began, limits)?;
            self.line_began = at + 1;
        }
        self.seen = input.len();
        if self.lines == 0 && self.seen > limits.request_line {
            return Err(too_long_line());
        }
        match self.seen > limits.head {
            true => Err(Malformed::large("the head is too long")),
            false => Ok(None),
        }
    }

    fn line(&mut self, length: usize, limits: &Limits) -> Result<(), Malformed> {
        if self.lines == 0 && length > limits.request_line {
            return Err(too_long_line());
        }
        self.lines += 1;
        match self.lines - 1 > limits.fields.min(MOST_FIELDS) {
            true => Err(Malformed::large("the head has too many fields")),
            false => Ok(()),
        }
    }
}

fn too_long_line() -> Malformed {
    Malformed::other(StatusCode::URI_TOO_LONG, "the request line is too long")
}
