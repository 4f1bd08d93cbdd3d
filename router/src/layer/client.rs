//! Calls that go out.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response, Uri};
use tower_layer::Layer;
use tower_service::Service;

use crate::process::{Ended, Process, Sent, Unrouted};

/// Routes and stamps the calls of a client.
///
/// Both happen when the service is called, in the task of the caller, so that buffers and pools behind it may run where
/// they like. A layer that tries again stands outside of this one, and each try is decided anew.
#[derive(Clone, Debug)]
pub struct ClientLayer {
    process: Process,
    /// The address of a client that goes there whatever the URI says.
    fixed: Option<Uri>,
}

impl ClientLayer {
    /// For a client that goes where the URI of a request says, such as hyper's: a host that is the name of a service
    /// becomes the endpoint that the rules name.
    pub fn new(process: Process) -> Self {
        Self { process, fixed: None }
    }

    /// For a client that is connected to one address, such as tonic's `Channel`: its calls are stamped if `only_to`
    /// lists the address, and go where they went.
    pub fn fixed(process: Process, address: Uri) -> Self {
        Self { process, fixed: Some(address) }
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientService { inner, layer: self.clone() }
    }
}

/// A client whose calls carry their lane.
#[derive(Clone, Debug)]
pub struct ClientService<S> {
    inner: S,
    layer: ClientLayer,
}

impl<S, B, R> Service<Request<B>> for ClientService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<R>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Sending<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let sent = match &self.layer.fixed {
            Some(address) => {
                self.layer.process.send_to(address, &mut parts.headers);
                None
            }
            None => match self.layer.process.send(&mut parts.uri, &mut parts.headers) {
                Ok(sent) => Some(sent),
                Err(unrouted) => return Sending { kind: Kind::Unrouted { unrouted: Some(unrouted) } },
            },
        };
        let inner = self.inner.call(Request::from_parts(parts, body));
        Sending { kind: Kind::Sent { inner, sent } }
    }
}

pin_project_lite::pin_project! {
    /// A call that waits for its answer.
    #[derive(Debug)]
    pub struct Sending<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project_lite::pin_project! {
    #[project = KindPin]
    #[derive(Debug)]
    enum Kind<F> {
        Sent { #[pin] inner: F, sent: Option<Sent> },
        Unrouted { unrouted: Option<Unrouted> },
    }
}

impl<F, R, E> Future for Sending<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<Response<R>, Box<dyn Error + Send + Sync>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindPin::Sent { inner, sent } => {
                let answer = ready!(inner.poll(cx));
                if let Some(sent) = sent.take() {
                    sent.ended(answer.as_ref().map_or(Ended::Broken, |r| Ended::Answered(r.status())));
                }
                Poll::Ready(answer.map_err(Into::into))
            }
            KindPin::Unrouted { unrouted } => match unrouted.take() {
                Some(unrouted) => Poll::Ready(Err(unrouted)),
                None => Poll::Pending,
            },
        }
    }
}
