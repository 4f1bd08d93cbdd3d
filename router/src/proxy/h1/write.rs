//! Heads and bodies as they are written: only ever what was understood, never bytes that were passed through.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};

use super::{chunked::may_trail, framing::Framing};
use crate::proxy::wire::Wire;

/// What a head says about its own connection.
#[derive(Debug)]
pub(super) enum Connection<'a> {
    /// Nothing: the version's default.
    Default,
    /// It goes on, which an HTTP/1.0 client has to be told.
    KeepAlive,
    /// It ends.
    Close,
    /// It becomes another protocol.
    Upgrade(&'a HeaderValue),
}

/// A request to an endpoint.
pub(super) fn request_head(
    out: &mut Vec<u8>,
    (method, uri, fields): (&Method, &Uri, &HeaderMap),
    chunked: bool,
    trailers: bool,
    upgrade: Option<&HeaderValue>,
) {
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    match uri.path_and_query() {
        Some(target) if target.as_str().starts_with('?') => {
            out.push(b'/');
            out.extend_from_slice(target.as_str().as_bytes());
        }
        Some(target) => out.extend_from_slice(target.as_str().as_bytes()),
        None => out.push(b'/'),
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
    all(out, fields);
    if chunked {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    match (upgrade, trailers) {
        (Some(protocol), _) => connection(out, &Connection::Upgrade(protocol)),
        (None, true) => out.extend_from_slice(b"te: trailers\r\nconnection: te\r\n"),
        (None, false) => {}
    }
    out.extend_from_slice(b"\r\n");
}

/// A response to a client.
pub(super) fn response_head(
    out: &mut Vec<u8>,
    status: StatusCode,
    fields: &HeaderMap,
    chunked: bool,
    about: &Connection<'_>,
) {
    // HTTP/1.1 for HTTP/1.0 clients too: it is our version, RFC 9110 §2.5.
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
    all(out, fields);
    if chunked {
        out.extend_from_slice(b"transfer-encoding: chunked\r\n");
    }
    connection(out, about);
    out.extend_from_slice(b"\r\n");
}

fn all(out: &mut Vec<u8>, fields: &HeaderMap) {
    for (name, value) in fields {
        field(out, name.as_str(), value);
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: &HeaderValue) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn connection(out: &mut Vec<u8>, about: &Connection<'_>) {
    match about {
        Connection::Default => {}
        Connection::KeepAlive => out.extend_from_slice(b"connection: keep-alive\r\n"),
        Connection::Close => out.extend_from_slice(b"connection: close\r\n"),
        Connection::Upgrade(protocol) => {
            out.extend_from_slice(b"connection: upgrade\r\n");
            field(out, header::UPGRADE.as_str(), protocol);
        }
    }
}

/// A body being written.
#[derive(Debug)]
pub(super) struct Encoder {
    framing: Framing,
    ended: bool,
}

/// A body is not as long as its head says; the connection cannot be used for another message.
#[derive(Debug)]
pub(super) struct WrongLength;

impl Encoder {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, ended: framing == Framing::None }
    }

    /// Whether the whole body has been put on the wire.
    pub(super) fn is_done(&self) -> bool {
        self.ended
    }

    /// A piece of the body.
    pub(super) fn data(&mut self, wire: &mut Wire, piece: Bytes) -> Result<(), WrongLength> {
        if piece.is_empty() {
            return Ok(());
        }
        match &mut self.framing {
            Framing::None => return Err(WrongLength),
            Framing::Length(left) => {
                *left = left.checked_sub(piece.len() as u64).ok_or(WrongLength)?;
                self.ended = *left == 0;
                wire.push(piece, &[]);
            }
            Framing::Chunked => {
                hexadecimal(wire.output(), piece.len());
                wire.push(piece, b"\r\n");
            }
            Framing::UntilClose => wire.push(piece, &[]),
        }
        Ok(())
    }

    /// The body's end, with trailers if they are welcome.
    pub(super) fn end(&mut self, wire: &mut Wire, trailers: Option<&HeaderMap>) -> Result<(), WrongLength> {
        match self.framing {
            Framing::Length(left) if left > 0 => return Err(WrongLength),
            Framing::Chunked if !self.ended => {
                let out = wire.output();
                out.extend_from_slice(b"0\r\n");
                for (name, value) in trailers.into_iter().flatten().filter(|(name, _)| may_trail(name)) {
                    field(out, name.as_str(), value);
                }
                out.extend_from_slice(b"\r\n");
            }
            _ => {}
        }
        self.ended = true;
        Ok(())
    }
}

fn hexadecimal(out: &mut Vec<u8>, size: usize) {
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
    for at in (0..digits).rev() {
        let digit = (size >> (at * 4)) & 0xf;
        out.push(b"0123456789abcdef"[digit]);
    }
    out.extend_from_slice(b"\r\n");
}

/// How a response to a client is delimited. Writes the length into its fields if it has to stand there.
pub(super) fn response_framing(
    status: StatusCode,
    fields: &mut HeaderMap,
    is_empty: bool,
    (method, version): (&Method, Version),
) -> Framing {
    if !super::framing::may_have_body(status, method) {
        if status == StatusCode::NO_CONTENT || status.is_informational() {
            fields.remove(header::CONTENT_LENGTH);
        }
        return Framing::None;
    }
    let length = fields.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    match length {
        Some(0) => Framing::None,
        Some(length) => Framing::Length(length),
        None if is_empty => {
            fields.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            Framing::None
        }
        None if version == Version::HTTP_10 => Framing::UntilClose,
        None => Framing::Chunked,
    }
}
