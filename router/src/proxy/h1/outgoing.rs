//! A request on its way to an endpoint: how its body is delimited, and its pieces.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue, header};
use http_body::Body as _;

use super::{framing::Framing, head::Malformed, write::Encoder};
use crate::proxy::{
    body::{Body, BodyError},
    wire::Wire,
};

/// A request body on its way out.
pub(super) struct Outgoing {
    body: Box<Body>,
    encoder: Encoder,
}

impl Outgoing {
    /// The body with this framing; `None` if there is none to send.
    pub(super) fn new(body: Body, framing: Framing) -> Option<Self> {
        let encoder = Encoder::new(framing);
        (framing != Framing::None).then(|| Self { body: Box::new(body), encoder })
    }

    /// Puts the next piece on the wire; `true` once there is none.
    pub(super) fn poll(&mut self, wire: &mut Wire, cx: &mut Context<'_>) -> Poll<Result<bool, BodyError>> {
        let wrong = |_| BodyError::Malformed(Malformed::bad("the body is not as long as its Content-Length"));
        match ready!(Pin::new(&mut *self.body).poll_frame(cx)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    self.encoder.data(wire, data).map_err(wrong)?;
                    Poll::Ready(Ok(self.encoder.is_done()))
                }
                Err(frame) => {
                    let trailers = frame.into_trailers().ok();
                    self.encoder.end(wire, trailers.as_ref()).map_err(wrong)?;
                    Poll::Ready(Ok(true))
                }
            },
            Some(Err(error)) => Poll::Ready(Err(error)),
            None => {
                self.encoder.end(wire, None).map_err(wrong)?;
                Poll::Ready(Ok(true))
            }
        }
    }
}

/// What of a request's connection fields is renewed on the way to the endpoint.
#[derive(Debug, Default)]
pub(crate) struct Outward<'a> {
    pub(crate) trailers: bool,
    pub(crate) upgrade: Option<&'a HeaderValue>,
}

/// How the request's body is delimited towards the endpoint. A length nothing stands behind would make the endpoint
/// take the next request for this one's body.
pub(super) fn request_framing(fields: &HeaderMap, body: &Body) -> Result<Framing, Malformed> {
    let length = fields.get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
    let length = match length.map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()) {
        Some(None) => return Err(Malformed::bad("Content-Length is not a plain number")),
        Some(length) => length,
        None => None,
    };
    match (body.is_end_stream(), length) {
        (true, None | Some(0)) | (false, Some(0)) => Ok(Framing::None),
        (true, Some(_)) => Err(Malformed::bad("the body is not as long as its Content-Length")),
        (false, Some(length)) => Ok(Framing::Length(length)),
        (false, None) => Ok(Framing::Chunked),
    }
}
