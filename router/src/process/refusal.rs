//! What a process answers to a call that does not belong to it.

use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderName},
};
use miette::Diagnostic;
use thiserror::Error;

use crate::dye::{Dye, Lane, Origin};

/// `FAILED_PRECONDITION` of gRPC: trying again without a change elsewhere does not help.
const FAILED_PRECONDITION: HeaderValue = HeaderValue::from_static("9");
/// The status of a call in gRPC.
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// What is said beside it.
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// A lane's group refuses a call that does not belong to it.
///
/// In HTTP the answer is 421 Misdirected Request (RFC 9110, section 15.5.20): this server is the wrong one for the
/// request, and another may well be right. In gRPC it is `FAILED_PRECONDITION`, since its clients make `UNKNOWN` of a 421.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("{own} takes no calls of {whose}{from}", own = .own, whose = whose(.dye), from = from(.origin))]
#[diagnostic(
    code(dyeline::dye::misdirected),
    help(
        "write a rule that leads there, or call the group that the rules name: `dyeline route explain` shows which"
    )
)]
pub struct Refusal {
    own: Origin,
    dye: Option<Dye>,
    origin: Option<Origin>,
}

fn whose(dye: &Option<Dye>) -> String {
    dye.as_ref().map_or("traffic without a dye".to_owned(), |dye| format!("`{}`", dye.iteration()))
}

fn from(origin: &Option<Origin>) -> String {
    origin.as_ref().map(|origin| format!(", which came from {origin}")).unwrap_or_default()
}

impl Refusal {
    pub(super) fn new(own: Origin, lane: &Lane) -> Self {
        Self { own, dye: lane.dye().cloned(), origin: lane.origin().cloned() }
    }

    /// What the body of an answer says: the error, its code, and what to do.
    pub fn text(&self) -> String {
        let code = self.code().map(|code| code.to_string()).unwrap_or_default();
        let help = self.help().map(|help| help.to_string()).unwrap_or_default();
        format!("{self}\n{code}: {help}\n")
    }

    /// The answer to a request with these headers: of gRPC if it is of gRPC, else of HTTP. The body of an answer of
    /// gRPC is empty: its status stands where its headers are.
    pub fn response(&self, request: &HeaderMap) -> Response<String> {
        let of_grpc = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
        if !request.get(CONTENT_TYPE).is_some_and(of_grpc) {
            let mut response = Response::new(self.text());
            *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
            return response;
        }
        let mut response = Response::new(String::new());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(GRPC_STATUS, FAILED_PRECONDITION);
        // The names in it have no `%` and nothing else that gRPC wants encoded.
        if let Ok(message) = HeaderValue::try_from(self.to_string()) {
            headers.insert(GRPC_MESSAGE, message);
        }
        response
    }
}
