//! A client of one gRPC service: a tower service as generated clients take it, whatever the version of their body.

use std::{
    error::Error as StdError,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use thiserror::Error;
use tower_layer::Layer;
use tower_service::Service;

use super::connections::CONNECT_WAIT;
use crate::{
    dye::Lane,
    layer::{ClientLayer, ClientService},
    process::Process,
    scope::{InLaneExt, sync_scope},
};

type BoxError = Box<dyn StdError + Send + Sync>;
type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

/// The connections to all endpoints, one each: HTTP/2 carries many calls at once.
pub(super) type Pool = Client<HttpConnector, AnyBody>;

/// How often a connection with calls under way is asked whether it is alive, and how long the answer may take: a peer
/// whose machine has gone says nothing by itself.
const PING: (std::time::Duration, std::time::Duration) =
    (std::time::Duration::from_secs(10), std::time::Duration::from_secs(10));

/// A pool without connections.
pub(super) fn pool() -> Pool {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_WAIT));
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_only(true)
        .http2_keep_alive_interval(PING.0)
        .http2_keep_alive_timeout(PING.1)
        .build(connector)
}

/// Why a call of gRPC was not made, or not made to its end; the cause is its source.
#[derive(Debug, Error)]
#[error("call {service}{path}")]
pub struct GrpcError {
    service: String,
    path: String,
    source: BoxError,
}

/// A client of one service. Cheap to clone; it connects when it is called.
#[derive(Clone, Debug)]
pub struct Grpc {
    service: String,
    inner: ClientService<Pool>,
    lane: Option<Lane>,
}

impl Grpc {
    pub(super) fn new(service: &str, process: Process, pool: Pool, lane: Option<Lane>) -> Self {
        let address = if service.contains("://") { service.to_owned() } else { format!("http://{service}") };
        Self { service: address, inner: ClientLayer::new(process).layer(pool), lane }
    }

    /// The URI of a call: this service, and the path that the generated client names.
    fn uri(&self, path: &Uri) -> Result<Uri, http::Error> {
        let service: Uri = self.service.parse()?;
        let mut parts = service.into_parts();
        let path = path.path_and_query().cloned();
        parts.path_and_query = Some(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
        Ok(Uri::from_parts(parts)?)
    }
}

impl<B> Service<Request<B>> for Grpc
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Incoming>;
    type Error = GrpcError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, GrpcError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), GrpcError>> {
        // The pool opens what it needs.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (service, path) = (self.service.clone(), request.uri().path().to_owned());
        let failed = move |source: BoxError| GrpcError { service, path, source };
        let (mut parts, body) = request.into_parts();
        parts.uri = match self.uri(&parts.uri) {
            Ok(uri) => uri,
            Err(bad) => return Box::pin(std::future::ready(Err(failed(bad.into())))),
        };
        let request = Request::from_parts(parts, body.map_err(Into::into).boxed_unsync());
        // Routed and stamped here, in the task of the caller or in the lane this is bound to.
        match self.lane.clone() {
            Some(lane) => {
                let call = sync_scope(lane.clone(), || self.inner.call(request)).in_lane(lane);
                Box::pin(async move { call.await.map_err(failed) })
            }
            None => {
                let call = self.inner.call(request);
                Box::pin(async move { call.await.map_err(failed) })
            }
        }
    }
}
