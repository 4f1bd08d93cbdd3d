//! Where a body ends: RFC 9112 §6.3, without the choices it leaves to a recipient.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use super::{
    chunked::{ChunkLimits, Chunked},
    head::Malformed,
};

/// How a body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// Until the connection ends; responses only.
    UntilClose,
}

/// What the fields of a head say about its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lengths {
    content_length: Option<u64>,
    chunked: bool,
}

impl Lengths {
    /// A `Content-Length` field. A second one is refused even if it says the same: who writes two has not made sure
    /// that whoever reads takes the same one.
    pub(super) fn content_length(&mut self, value: &[u8]) -> Result<(), Malformed> {
        if self.content_length.is_some() {
            return Err(Malformed::bad("there is more than one Content-Length"));
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Malformed::bad("Content-Length is not a plain number"));
        }
        let length = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
        self.content_length = Some(length.ok_or(Malformed::bad("Content-Length is too large"))?);
        Ok(())
    }

    /// A `Transfer-Encoding` field: `chunked` alone, once.
    pub(super) fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), Malformed> {
        if self.chunked {
            return Err(Malformed::bad("there is more than one Transfer-Encoding"));
        }
        if !value.eq_ignore_ascii_case(b"chunked") {
            return Err(Malformed::bad("Transfer-Encoding is not just `chunked`"));
        }
        self.chunked = true;
        Ok(())
    }

    fn conflict(self) -> Option<Malformed> {
        (self.chunked && self.content_length.is_some())
            .then_some(Malformed::bad("there are both Content-Length and Transfer-Encoding"))
    }

    /// The body of a request.
    pub(super) fn of_request(self, version: Version) -> Result<Framing, Malformed> {
        if let Some(conflict) = self.conflict() {
            return Err(conflict);
        }
        match self.content_length {
            _ if self.chunked && version == Version::HTTP_10 => {
                Err(Malformed::bad("Transfer-Encoding is no part of HTTP/1.0"))
            }
            _ if self.chunked => Ok(Framing::Chunked),
            Some(0) | None => Ok(Framing::None),
            Some(length) => Ok(Framing::Length(length)),
        }
    }

    /// The body of a response to a request with this method.
    pub(super) fn of_response(
        self,
        status: StatusCode,
        version: Version,
        method: &Method,
    ) -> Result<Framing, Malformed> {
        if let Some(conflict) = self.conflict() {
            return Err(conflict);
        }
        if !may_have_body(status, method) {
            return Ok(Framing::None);
        }
        match self.content_length {
            _ if self.chunked && version == Version::HTTP_10 => {
                Err(Malformed::bad("Transfer-Encoding is no part of HTTP/1.0"))
            }
            _ if self.chunked => Ok(Framing::Chunked),
            Some(0) => Ok(Framing::None),
            Some(length) => Ok(Framing::Length(length)),
            None => Ok(Framing::UntilClose),
        }
    }
}

/// Whether a response may have a body at all, RFC 9112 §6.3 rule 1.
pub(super) fn may_have_body(status: StatusCode, method: &Method) -> bool {
    let never = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || *method == Method::HEAD;
    !never
}

/// A body being read.
#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
    limits: ChunkLimits,
}

#[derive(Debug)]
enum State {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    Done,
}

/// What reading a body came to.
#[derive(Debug)]
pub(super) enum Step {
    /// More of it.
    Data(Bytes),
    /// Its end, with its trailers.
    Trailers(HeaderMap<HeaderValue>),
    /// Its end.
    End,
    /// Nothing, until more has been read.
    Wait,
}

impl Decoder {
    pub(super) fn new(framing: Framing, limits: ChunkLimits) -> Self {
        let state = match framing {
            Framing::None => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunked::default()),
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, limits }
    }

    /// Takes what can be taken from what was read.
    pub(super) fn step(&mut self, input: &mut BytesMut) -> Result<Step, Malformed> {
        match &mut self.state {
            State::Done => Ok(Step::End),
            _ if input.is_empty() => Ok(Step::Wait),
            State::UntilClose => Ok(Step::Data(input.split().freeze())),
            State::Length(left) => {
                let data = take(input, left);
                if *left == 0 {
                    self.state = State::Done;
                }
                Ok(Step::Data(data))
            }
            State::Chunked(chunked) => {
                let step = chunked.step(input, self.limits)?;
                if matches!(step, Step::End | Step::Trailers(_)) {
                    self.state = State::Done;
                }
                Ok(step)
            }
        }
    }

    /// What the end of the connection means: the body's end, or that a part is missing.
    pub(super) fn end_of_input(&mut self) -> Result<(), Malformed> {
        match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                Ok(())
            }
            State::Length(_) | State::Chunked(_) => {
                Err(Malformed::bad("the connection ended before the body did"))
            }
        }
    }

    /// Whether the body has been read to its end.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Bytes that are left, if that is known.
    pub(super) fn left(&self) -> Option<u64> {
        match self.state {
            State::Length(left) => Some(left),
            State::Done => Some(0),
            State::Chunked(_) | State::UntilClose => None,
        }
    }
}

/// Up to so many bytes from the front of what was read.
pub(super) fn take(input: &mut BytesMut, left: &mut u64) -> Bytes {
    let n = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left -= n as u64;
    input.split_to(n).freeze()
}
