//! Calls that come in.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::LaneBody;
use crate::{
    dye::Lane,
    process::Process,
    scope::{InLane, InLaneExt, sync_scope},
};

/// Runs each request in the lane it brings, its answer's body too, and refuses those that do not belong to this
/// process.
///
/// The lane is also among the request's extensions, for whoever handles it without the scope. The checks of a platform
/// have no dye and belong to no lane: serve them at a route, or a port, outside of this layer.
#[derive(Clone, Debug)]
pub struct ServerLayer {
    process: Process,
}

impl ServerLayer {
    /// For the servers of a process.
    pub fn new(process: Process) -> Self {
        Self { process }
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ServerService { inner, process: self.process.clone() }
    }
}

/// A server whose requests run in their lanes.
#[derive(Clone, Debug)]
pub struct ServerService<S> {
    inner: S,
    process: Process,
}

impl<S, B, R> Service<Request<B>> for ServerService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<LaneBody<R>>;
    type Error = S::Error;
    type Future = Receiving<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.process.receive(request.headers_mut()) {
            Ok(lane) => {
                request.extensions_mut().insert(lane.clone());
                // A service may begin its work before its future is polled.
                let inner = sync_scope(lane.clone(), || self.inner.call(request)).in_lane(lane.clone());
                Receiving { kind: Kind::Taken { inner, lane } }
            }
            Err(refusal) => {
                Receiving { kind: Kind::Refused { response: Some(refusal.response(request.headers())) } }
            }
        }
    }
}

pin_project_lite::pin_project! {
    /// A request that is being handled.
    #[derive(Debug)]
    pub struct Receiving<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project_lite::pin_project! {
    #[project = KindPin]
    #[derive(Debug)]
    enum Kind<F> {
        Taken { #[pin] inner: InLane<F>, lane: Lane },
        Refused { response: Option<Response<String>> },
    }
}

impl<F, R, E> Future for Receiving<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<LaneBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindPin::Taken { inner, lane } => {
                let answer = ready!(inner.poll(cx))?;
                Poll::Ready(Ok(answer.map(|body| LaneBody::answer(body, lane.clone()))))
            }
            KindPin::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map(LaneBody::refusal))),
                None => Poll::Pending,
            },
        }
    }
}
