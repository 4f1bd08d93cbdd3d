//! Requests to endpoints over HTTP/2: one connection to each, shared by all requests of a thread.

use std::{fmt, rc::Rc};

use http::{HeaderValue, Request, Response, Uri, Version, header, request, uri};
use hyper::{
    body::Incoming,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::executor::Local;
use crate::proxy::{
    body::Body,
    pool::{Home, NoConnection},
};

/// Puts requests on a connection.
#[derive(Clone)]
pub(crate) struct Sender(SendRequest<Body>);

impl Sender {
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// Sends a request once there is a connection. What comes back is the response's head, with its body to follow.
///
/// # Errors
/// The outer one when there was no connection, and so nothing was sent; the inner one when the exchange failed.
pub(crate) async fn send(
    home: &Rc<Home>,
    parts: &request::Parts,
    body: &mut Option<Body>,
    trailers: bool,
) -> Result<hyper::Result<Response<Incoming>>, NoConnection> {
    let mut sender = sender(home).await?;
    let mut request = Request::new(body.take().unwrap_or(Body::Empty));
    *request.method_mut() = parts.method.clone();
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = parts.headers.clone();
    *request.uri_mut() = target(parts);
    request.headers_mut().remove(header::HOST);
    // The client is told to go on by us.
    request.headers_mut().remove(header::EXPECT);
    if trailers {
        request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
    }
    Ok(sender.0.send_request(request).await)
}

async fn sender(home: &Rc<Home>) -> Result<Sender, NoConnection> {
    // Held while connecting, so that a burst of requests makes one connection.
    let mut kept = home.http2.lock().await;
    if let Some(sender) = kept.as_ref().filter(|sender| !sender.is_closed()) {
        return Ok(sender.clone());
    }
    let deadline = home.clock.deadline();
    deadline.set(home.timeouts.connect);
    let connecting = async {
        let io = home.connect().await.map_err(NoConnection::Refused)?;
        let mut builder = Builder::new(Local);
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(home.limits.head).unwrap_or(u32::MAX))
            .keep_alive_interval(home.timeouts.idle_body)
            .keep_alive_while_idle(true);
        builder
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| NoConnection::Refused(std::io::Error::other(error)))
    };
    let (sender, connection) = deadline.guard(connecting).await.map_err(|_| NoConnection::Silent)??;
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an HTTP/2 connection to an endpoint ended");
        }
    });
    let sender = Sender(sender);
    *kept = Some(sender.clone());
    Ok(sender)
}

/// The target with scheme and authority, which are fields of their own in HTTP/2.
fn target(parts: &request::Parts) -> Uri {
    let host =
        parts.headers.get(header::HOST).and_then(|host| uri::Authority::try_from(host.as_bytes()).ok());
    let mut target = uri::Parts::default();
    target.scheme = Some(uri::Scheme::HTTP);
    target.authority = host.or_else(|| parts.uri.authority().cloned());
    target.path_and_query = parts.uri.path_and_query().cloned();
    target.path_and_query.get_or_insert(uri::PathAndQuery::from_static("/"));
    Uri::from_parts(target).unwrap_or_else(|_| parts.uri.clone())
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}
