//! Where a redirect leads, and what goes there (RFC 9110, section 15.4).

use http::{
    HeaderName, Method, StatusCode,
    header::{
        AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION,
        PROXY_AUTHORIZATION, TRANSFER_ENCODING,
    },
};
use reqwest::{Request, Response, Url};

/// The most redirects that one call follows; as many as reqwest's own.
pub(super) const MAX_REDIRECTS: usize = 10;

/// What another host must not see.
const SECRET: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
/// What says something of a body.
const OF_A_BODY: [HeaderName; 5] =
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING];

/// A request as it was meant, before it was routed and stamped.
pub(super) struct Again {
    request: Request,
    /// Whether the body could not be kept, since it is a stream.
    spent: bool,
}

impl Again {
    pub(super) fn of(request: &Request) -> Self {
        match request.try_clone() {
            Some(request) => Self { request, spent: false },
            None => {
                let mut bare = Request::new(request.method().clone(), request.url().clone());
                *bare.headers_mut() = request.headers().clone();
                *bare.timeout_mut() = request.timeout().copied();
                *bare.version_mut() = request.version();
                Self { request: bare, spent: true }
            }
        }
    }

    /// The request that an answer asks for; `None` if it asks for none, or one that cannot be made.
    pub(super) fn after(self, answer: &Response) -> Option<Request> {
        let Self { mut request, spent } = self;
        let to = target(request.url(), answer)?;
        if drops_body(answer.status(), request.method()) {
            *request.method_mut() = Method::GET;
            *request.body_mut() = None;
            OF_A_BODY.iter().for_each(|name| drop(request.headers_mut().remove(name)));
        } else if spent {
            return None;
        }
        if request.url().origin() != to.origin() {
            SECRET.iter().for_each(|name| drop(request.headers_mut().remove(name)));
        }
        *request.url_mut() = to;
        Some(request)
    }
}

/// Where it leads. A relative address is one of the service that was called, not of the endpoint that answered.
fn target(from: &Url, answer: &Response) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = from.join(answer.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    matches!(to.scheme(), "http" | "https").then_some(to)
}

/// Whether the next request is a GET whatever this one was.
fn drops_body(status: StatusCode, method: &Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => *method != Method::HEAD && *method != Method::GET,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}
