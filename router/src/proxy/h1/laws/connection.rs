//! Bytes of a connection, read piece by piece into messages.

use bytes::BytesMut;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use crate::proxy::{
    h1::{
        chunked::ChunkLimits,
        framing::{Decoder, Framing, Step},
        head::{self, Malformed},
        scan::{Front, Scan},
    },
    settings::Limits,
};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    Client,
    Endpoint,
}

/// What a head begins with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Start {
    Request(Method, Uri),
    Response(StatusCode),
}

/// A message, as far as it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) start: Start,
    pub(super) fields: HeaderMap,
    pub(super) upgrade: Option<HeaderValue>,
    pub(super) te: bool,
    pub(super) framing: Framing,
    pub(super) body: Vec<u8>,
    pub(super) trailers: HeaderMap,
    /// Where in the input the head begins, where the body, and where the next message; 0 if the end has not come.
    pub(super) places: [usize; 3],
}

/// How reading ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Ended {
    /// More may come.
    #[default]
    Waits,
    /// What follows is HTTP/2.
    Http2,
    /// What follows is nothing that may be passed on. What is wrong with it is left out: of two faults the one is
    /// named that is seen first, and the longer one may not have come yet.
    Refused,
}

/// All that was read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Messages {
    pub(super) messages: Vec<Message>,
    pub(super) ended: Ended,
    /// Bytes that were taken.
    pub(super) taken: usize,
}

/// Limits small enough for short inputs to meet them.
pub(super) const LIMITS: fn() -> Limits = || Limits {
    request_line: 64,
    head: 256,
    fields: 8,
    chunk_extensions: 12,
    trailers: 48,
    ..Limits::default()
};

/// Reads bytes that come in these pieces.
pub(super) fn read<'a>(sender: Sender, pieces: impl IntoIterator<Item = &'a [u8]>) -> Messages {
    let mut reading = Reading {
        sender,
        limits: LIMITS(),
        input: BytesMut::new(),
        scan: Scan::default(),
        decoder: None,
        came: 0,
        read: Messages::default(),
    };
    for piece in pieces {
        reading.came += piece.len();
        reading.input.extend_from_slice(piece);
        while reading.read.ended == Ended::Waits {
            match reading.step() {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => reading.read.ended = Ended::Refused,
            }
        }
    }
    if reading.read.ended == Ended::Waits {
        reading.read.taken = reading.taken();
    }
    reading.read
}

struct Reading {
    sender: Sender,
    limits: Limits,
    input: BytesMut,
    scan: Scan,
    decoder: Option<Decoder>,
    came: usize,
    read: Messages,
}

impl Reading {
    fn taken(&self) -> usize {
        self.came - self.input.len()
    }

    /// Takes one thing; `false` if that needs more bytes.
    fn step(&mut self) -> Result<bool, Malformed> {
        let Some((decoder, message)) = self.decoder.as_mut().zip(self.read.messages.last_mut()) else {
            return self.head();
        };
        match decoder.step(&mut self.input)? {
            Step::Data(data) => message.body.extend_from_slice(&data),
            Step::Trailers(trailers) => message.trailers = trailers,
            Step::End => {}
            Step::Wait => return Ok(false),
        }
        if decoder.is_done() {
            message.places[2] = self.came - self.input.len();
            self.decoder = None;
        }
        Ok(true)
    }

    fn head(&mut self) -> Result<bool, Malformed> {
        let bytes = match self.sender {
            Sender::Client => match self.scan.front(&mut self.input, &self.limits)? {
                Some(Front::Head(bytes)) => bytes,
                Some(Front::Http2) => {
                    self.read.ended = Ended::Http2;
                    return Ok(false);
                }
                None => return Ok(false),
            },
            Sender::Endpoint => match self.scan.head(&self.input, &self.limits)? {
                Some(length) => self.input.split_to(length).freeze(),
                None => return Ok(false),
            },
        };
        self.scan = Scan::default();
        let places = [self.taken() - bytes.len(), self.taken(), 0];
        let (start, fields, hop, framing) = match self.sender {
            Sender::Client => {
                let head = head::request(bytes)?;
                (Start::Request(head.method, head.uri), head.fields, head.hop, head.framing)
            }
            Sender::Endpoint => {
                let head = head::response(bytes, &Method::GET)?;
                (Start::Response(head.status), head.fields, head.hop, head.framing)
            }
        };
        self.decoder = Some(Decoder::new(framing, ChunkLimits::of(&self.limits)));
        let (upgrade, te) = (hop.upgrade, hop.trailers);
        let (body, trailers) = (Vec::new(), HeaderMap::new());
        self.read.messages.push(Message { start, fields, upgrade, te, framing, body, trailers, places });
        Ok(true)
    }
}
