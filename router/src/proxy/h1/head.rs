//! Heads of requests and responses: checked, and split into what is for us and what is passed on.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, Version};

use super::{
    fields::{Hop, fields},
    framing::Framing,
    target::{check_host, uri},
};
use crate::proxy::settings::MOST_FIELDS;

/// What is wrong with bytes that should be a message, and what a client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The status a client gets.
    pub(crate) status: StatusCode,
    /// What is wrong, as a clause.
    pub(crate) what: &'static str,
}

impl Malformed {
    pub(crate) const fn bad(what: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, what }
    }

    pub(crate) const fn large(what: &'static str) -> Self {
        Self { status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, what }
    }

    pub(crate) const fn other(status: StatusCode, what: &'static str) -> Self {
        Self { status, what }
    }
}

/// A request's head. The fields are those for the next hop: what is about this connection stands in `hop`, and a
/// transfer coding in `framing`.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) fields: HeaderMap,
    pub(crate) hop: Hop,
    pub(crate) framing: Framing,
}

/// A response's head, likewise.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) fields: HeaderMap,
    pub(crate) hop: Hop,
    pub(crate) framing: Framing,
}

/// Reads the head of a request that [`Scan`](super::Scan) has found.
pub(crate) fn request(head: Bytes) -> Result<RequestHead, Malformed> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    match parsed.parse_with_uninit_headers(&head, &mut places) {
        Ok(httparse::Status::Complete(n)) if n == head.len() => {}
        Ok(_) => return Err(Malformed::bad("the head ends early")),
        Err(error) => return Err(refused(error)),
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes())
        .map_err(|_| Malformed::bad("the method is no token"))?;
    let target = head.slice_ref(parsed.path.unwrap_or_default().as_bytes());
    let (fields, hop, lengths) = fields(&head, parsed.headers)?;
    let uri = uri(&method, target)?;
    check_host(&uri, version, &fields)?;
    let framing = lengths.of_request(version)?;
    Ok(RequestHead { method, uri, version, fields, hop, framing })
}

/// Reads the head of a response that [`Scan`](super::Scan) has found.
pub(crate) fn response(head: Bytes, method: &Method) -> Result<ResponseHead, Malformed> {
    let mut places = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, &head, &mut places) {
        Ok(httparse::Status::Complete(n)) if n == head.len() => {}
        Ok(_) => return Err(Malformed::bad("the head ends early")),
        Err(error) => return Err(refused(error)),
    }
    let version = if parsed.version == Some(1) { Version::HTTP_11 } else { Version::HTTP_10 };
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default())
        .ok()
        .filter(|status| status.as_u16() <= 599)
        .ok_or(Malformed::bad("the status is no number from 100 to 599"))?;
    let (fields, hop, lengths) = fields(&head, parsed.headers)?;
    let framing = lengths.of_response(status, version, method)?;
    Ok(ResponseHead { status, version, fields, hop, framing })
}

fn refused(error: httparse::Error) -> Malformed {
    use httparse::Error;
    match error {
        Error::HeaderName => Malformed::bad("a field's name is no token, or a blank stands around it"),
        Error::HeaderValue => Malformed::bad("a field's value has characters no value has"),
        Error::NewLine => Malformed::bad("a line does not end as lines do"),
        Error::Token => Malformed::bad("the request line is no method, target and version"),
        Error::TooManyHeaders => Malformed::large("the head has too many fields"),
        Error::Version => {
            Malformed::other(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "the version is not HTTP/1.0 or 1.1")
        }
        Error::Status => Malformed::bad("the status line is malformed"),
    }
}
