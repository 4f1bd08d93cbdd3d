//! One try of a request at one endpoint.

use std::{error::Error as _, future::poll_fn, rc::Rc};

use http::{HeaderName, Response, StatusCode, header, request};

use super::{
    body::{Body, BodyError},
    forward::Asked,
    h1::{self, ClientConnection, Exchange, Failure, Malformed, Outward},
    h2,
    pool::{Home, NoConnection},
    refusal::{Refusal, code},
    worker::Worker,
};
use crate::{health::Pick, rules::Address};

/// Why a try came to nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// There was no connection.
    Connect(NoConnection),
    /// The exchange broke off; whether its connection had been kept from before.
    Exchange { failure: Failure, reused: bool },
    /// The exchange over HTTP/2 broke off.
    Http2(hyper::Error),
    /// The endpoint wants TLS.
    Tls,
    /// The request contradicts itself.
    Malformed(Malformed),
}

/// Sends a request to a call's endpoint. The body is taken once something may have been sent.
pub(crate) async fn run(
    worker: &Rc<Worker>,
    pick: &Pick,
    parts: &request::Parts,
    body: &mut Option<Body>,
    asked: &Asked,
    http1: Option<&Rc<ClientConnection>>,
) -> Result<Response<Body>, Failed> {
    let address = pick.address();
    if address.scheme().is_tls() {
        return Err(Failed::Tls);
    }
    let home = worker.pools.home(address);
    if address.scheme().is_grpc() {
        return over_http2(&home, parts, body, asked).await;
    }
    let upstream = home.connection().await.map_err(Failed::Connect)?;
    let body = body.take().unwrap_or(Body::Empty);
    let about = Outward { trailers: asked.trailers, upgrade: asked.upgrade.as_ref() };
    let mut exchange = Exchange::start(upstream, home, parts, body, &about).map_err(Failed::Malformed)?;
    let reused = exchange.is_reused();
    loop {
        let head = poll_fn(|cx| exchange.poll_head(cx)).await;
        let head = head.map_err(|failure| Failed::Exchange { failure, reused })?;
        match head.status {
            StatusCode::SWITCHING_PROTOCOLS => return switched(head, exchange, asked, reused),
            status if status.is_informational() => {
                if let Some(client) = http1.filter(|_| parts.version == http::Version::HTTP_11) {
                    client.interim(&head);
                    let broke =
                        |error| Failed::Exchange { failure: Failure::Request(BodyError::Io(error)), reused };
                    client.flush().await.map_err(broke)?;
                }
            }
            _ => return Ok(response(head, Body::Endpoint(exchange))),
        }
    }
}

/// A response that makes the connection a tunnel, which only a request for that may get.
fn switched(
    mut head: h1::ResponseHead,
    exchange: Exchange,
    asked: &Asked,
    reused: bool,
) -> Result<Response<Body>, Failed> {
    match (head.hop.upgrade.take(), &asked.upgrade) {
        (Some(protocol), Some(_)) => {
            head.fields.insert(header::UPGRADE, protocol);
            Ok(response(head, Body::Endpoint(exchange)))
        }
        _ => {
            let failure =
                Failure::Malformed(Malformed::bad("it switches protocols without having been asked"));
            Err(Failed::Exchange { failure, reused })
        }
    }
}

fn response(head: h1::ResponseHead, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = head.status;
    *response.headers_mut() = head.fields;
    response
}

async fn over_http2(
    home: &Rc<Home>,
    parts: &request::Parts,
    body: &mut Option<Body>,
    asked: &Asked,
) -> Result<Response<Body>, Failed> {
    if let Some(Body::Client(body)) = body
        && parts.headers.contains_key(header::EXPECT)
    {
        body.continue_when_read();
    }
    let deadline = home.clock.deadline();
    deadline.set(home.timeouts.response_head);
    let sent = deadline.guard(h2::send(home, parts, body, asked.trailers)).await;
    let silent = |_| Failed::Exchange { failure: Failure::Silent, reused: false };
    let response = sent.map_err(silent)?.map_err(Failed::Connect)?.map_err(Failed::Http2)?;
    let (mut parts, body) = response.into_parts();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, KEEP_ALIVE] {
        parts.headers.remove(name);
    }
    Ok(Response::from_parts(parts, Body::Http2(body, None)))
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

impl Failed {
    /// Whether the endpoint has certainly seen nothing of the request.
    pub(crate) fn sent_nothing(&self) -> bool {
        matches!(self, Self::Connect(_))
    }

    /// Whether another try may go better.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Http2(_) => true,
            Self::Exchange { failure, .. } => matches!(failure, Failure::Closed | Failure::Io(_)),
            Self::Malformed(_) | Self::Tls => false,
        }
    }

    /// Whether a kept connection had been closed by its endpoint meanwhile.
    pub(crate) fn was_stale(&self) -> bool {
        matches!(self, Self::Exchange { failure: Failure::Closed | Failure::Io(_), reused: true })
    }

    /// Whether it says something about the endpoint, rather than about the request or about us.
    pub(crate) fn tells_of_health(&self) -> bool {
        let ours = matches!(
            self,
            Self::Malformed(_)
                | Self::Tls
                | Self::Connect(NoConnection::Busy)
                | Self::Exchange { failure: Failure::Request(_), .. }
        );
        !ours && !self.was_stale()
    }

    /// What the client is told.
    pub(crate) fn refusal(&self, address: &Address, (service, group): (&str, &str)) -> Refusal {
        let whom = format!("{address} (group {group} of {service})");
        let gateway = StatusCode::BAD_GATEWAY;
        match self {
            Self::Connect(NoConnection::Refused(error)) => {
                let text =
                    format!("no connection to {whom}: {error}; see whether it runs, and at this address");
                Refusal::new(gateway, code::CONNECT, text)
            }
            Self::Connect(NoConnection::Silent) => {
                let text = format!("{whom} did not take a connection in time; see whether it is reachable");
                Refusal::new(StatusCode::GATEWAY_TIMEOUT, code::CONNECT, text)
            }
            Self::Connect(NoConnection::Busy) => {
                let text =
                    format!("all connections to {whom} are in use; try again, or give the group endpoints");
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, code::BUSY, text)
            }
            Self::Exchange { failure, .. } => failed_exchange(failure, &whom),
            Self::Http2(error) => {
                let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                let text = format!("{whom} broke off the exchange: {cause}; see its log");
                Refusal::new(gateway, code::CLOSED, text)
            }
            Self::Tls => {
                let text =
                    format!("{whom} wants TLS, which this proxy does not speak; write http:// or grpc://");
                Refusal::new(gateway, code::TLS, text)
            }
            Self::Malformed(malformed) => Refusal::malformed(*malformed),
        }
    }
}

fn failed_exchange(failure: &Failure, whom: &str) -> Refusal {
    let gateway = StatusCode::BAD_GATEWAY;
    match failure {
        Failure::Closed => {
            let text = format!("{whom} closed the connection before it answered; see its log");
            Refusal::new(gateway, code::CLOSED, text)
        }
        Failure::Io(error) => {
            let text = format!("the connection to {whom} broke before it answered: {error}; see its log");
            Refusal::new(gateway, code::CLOSED, text)
        }
        Failure::Malformed(malformed) => {
            let text = format!("the answer of {whom} is no response: {}; mend the service", malformed.what);
            Refusal::new(gateway, code::BAD_RESPONSE, text)
        }
        Failure::Silent => {
            let text = format!("{whom} did not answer in time; see what it is doing, or allow it more time");
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, code::SILENT, text)
        }
        Failure::Request(error) => broken_request(error),
    }
}

/// The request broke off while it was passed on; its client may still be there to read why.
fn broken_request(error: &BodyError) -> Refusal {
    match error {
        BodyError::Malformed(malformed) => Refusal::malformed_body(*malformed),
        BodyError::Idle | BodyError::Slow => {
            let text = format!("of the request's body {error}; send it faster");
            Refusal::new(StatusCode::REQUEST_TIMEOUT, code::SLOW_REQUEST, text)
        }
        BodyError::Io(_) | BodyError::Http2(_) => {
            let text = format!("the request's body did not come: {error}; send it again");
            Refusal::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, text)
        }
    }
}
