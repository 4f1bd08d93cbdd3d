//! What the proxy answers when it passes nothing on: a status, a code with a page, and a line that says what to do.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

use super::{body::Body, h1::Malformed};
use crate::decide::code as route;

/// The header with a refusal's code.
pub(crate) const ERROR: HeaderName = HeaderName::from_static("x-dyeline-error");

/// The codes; each has a page under `docs/errors/`.
pub mod code {
    /// The request is not one that can be understood in one way only.
    pub const BAD_REQUEST: &str = "dyeline::proxy::bad_request";
    /// The request is larger than a limit.
    pub const TOO_LARGE: &str = "dyeline::proxy::too_large";
    /// The request came too slowly.
    pub const SLOW_REQUEST: &str = "dyeline::proxy::slow_request";
    /// The request asks for something that a proxy for services does not do.
    pub const UNSUPPORTED: &str = "dyeline::proxy::unsupported";
    /// The request does not belong to the group it came to.
    pub const FOREIGN: &str = "dyeline::proxy::foreign";
    /// The group has no endpoint that takes calls.
    pub const NO_ENDPOINT: &str = "dyeline::proxy::no_endpoint";
    /// The endpoint does not take connections.
    pub const CONNECT: &str = "dyeline::proxy::connect";
    /// All connections to the endpoint are in use.
    pub const BUSY: &str = "dyeline::proxy::busy";
    /// The endpoint closed the connection before it answered.
    pub const CLOSED: &str = "dyeline::proxy::closed";
    /// The endpoint's answer is no response.
    pub const BAD_RESPONSE: &str = "dyeline::proxy::bad_response";
    /// The endpoint did not answer in time.
    pub const SILENT: &str = "dyeline::proxy::silent";
    /// The endpoint wants TLS.
    pub const TLS: &str = "dyeline::proxy::tls";

    /// Those that the proxy gives itself; of a call without a route it passes on what the table says.
    pub const ALL: &[&str] = &[
        BAD_REQUEST,
        TOO_LARGE,
        SLOW_REQUEST,
        UNSUPPORTED,
        FOREIGN,
        NO_ENDPOINT,
        CONNECT,
        BUSY,
        CLOSED,
        BAD_RESPONSE,
        SILENT,
        TLS,
        route::UNKNOWN_SERVICE,
        route::NO_RULE,
        route::NO_GROUP,
    ];

    use crate::decide::code as route;
}

/// An answer of the proxy's own.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    text: String,
}

impl Refusal {
    /// A refusal: what, why and what to do, in one line.
    pub(crate) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    /// Of bytes that are no request.
    pub(crate) fn malformed(malformed: Malformed) -> Self {
        Self::of_bytes(malformed, "nothing was passed on; mend the client that sent it")
    }

    /// Of bytes that are no body, after a request's head.
    pub(crate) fn malformed_body(malformed: Malformed) -> Self {
        Self::of_bytes(malformed, "the service has seen no whole request; mend the client that sent it")
    }

    fn of_bytes(malformed: Malformed, mend: &'static str) -> Self {
        let (code, hint) = match malformed.status.as_u16() {
            414 | 431 => (code::TOO_LARGE, "send less, or raise the proxy's limit"),
            408 => (code::SLOW_REQUEST, "send the whole request at once"),
            405 | 417 | 501 | 505 => (code::UNSUPPORTED, "ask the service without it"),
            _ => (code::BAD_REQUEST, mend),
        };
        Self::new(malformed.status, code, format!("{}; {hint}", malformed.what))
    }

    /// The text, without an end of line.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The response a caller gets: gRPC callers read a status in what would be the trailers (gRPC over HTTP/2,
    /// "Trailers-Only"), all others a status and a line.
    pub(crate) fn response(&self, grpc: bool) -> Response<Body> {
        let mut response = Response::new(Body::Empty);
        let fields = response.headers_mut();
        fields.insert(ERROR, HeaderValue::from_static(self.code));
        if grpc {
            let message = HeaderValue::from_str(&percent_encoded(&self.text));
            fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
            fields.insert("grpc-status", HeaderValue::from_static(self.grpc_status()));
            fields.insert("grpc-message", message.unwrap_or(HeaderValue::from_static("")));
            return response;
        }
        let text = format!("{}: {}\n", self.code, self.text);
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
        *response.status_mut() = self.status;
        *response.body_mut() = Body::Text(Bytes::from(text));
        response
    }

    /// The code of gRPC that says the same: whether to try again is what callers read out of it.
    fn grpc_status(&self) -> &'static str {
        match self.code {
            route::UNKNOWN_SERVICE => "12",
            route::NO_RULE | route::NO_GROUP | code::FOREIGN => "9",
            code::SILENT => "4",
            code::TOO_LARGE => "8",
            _ if self.status.is_server_error() => "14",
            _ => "13",
        }
    }
}

/// A `grpc-message`: printable ASCII, the rest and `%` as `%XX`.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}
