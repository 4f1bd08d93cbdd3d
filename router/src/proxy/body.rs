//! A body on its way through: one type for all that can carry one, without a box or a virtual call for each piece.

use std::{
    error::Error,
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::{
    h1::{ClientBody, Exchange, Malformed},
    ongoing::Ongoing,
};

/// The body of a request or a response.
#[derive(Debug)]
pub(crate) enum Body {
    /// None.
    Empty,
    /// Our own words.
    Text(Bytes),
    /// Of a request over HTTP/1.1.
    Client(ClientBody),
    /// Of a response over HTTP/1.1.
    Endpoint(Exchange),
    /// Of either, over HTTP/2.
    Http2(Incoming, Option<Ongoing>),
}

/// Why the rest of a body does not come.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The connection broke.
    Io(io::Error),
    /// What came is no body.
    Malformed(Malformed),
    /// Nothing came for too long.
    Idle,
    /// What came, came too slowly.
    Slow,
    /// An HTTP/2 stream or connection ended.
    Http2(hyper::Error),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Text(text) if text.is_empty() => Poll::Ready(None),
            Self::Text(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Self::Client(body) => body.poll_frame(cx),
            Self::Endpoint(exchange) => exchange.poll_frame(cx),
            Self::Http2(incoming, _) => {
                Pin::new(incoming).poll_frame(cx).map(|frame| frame.map(|f| f.map_err(BodyError::Http2)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.is_empty(),
            Self::Client(body) => body.is_done(),
            Self::Endpoint(exchange) => exchange.is_done(),
            Self::Http2(incoming, _) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Text(text) => SizeHint::with_exact(text.len() as u64),
            Self::Client(body) => hint(body.left()),
            Self::Endpoint(exchange) => hint(exchange.left()),
            Self::Http2(incoming, _) => incoming.size_hint(),
        }
    }
}

fn hint(left: Option<u64>) -> SizeHint {
    left.map_or_else(SizeHint::default, SizeHint::with_exact)
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the connection broke: {error}"),
            Self::Malformed(malformed) => f.write_str(malformed.what),
            Self::Idle => f.write_str("nothing came for too long"),
            Self::Slow => f.write_str("it came too slowly"),
            Self::Http2(error) => write!(f, "the stream ended: {error}"),
        }
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Http2(error) => Some(error),
            Self::Malformed(_) | Self::Idle | Self::Slow => None,
        }
    }
}
