//! Servers on sockets: connections are taken until it is time to stop, and then those that are open come to their end.

use std::{future::Future, io, pin::Pin, pin::pin, sync::Arc, time::Duration};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower_service::Service;

use super::stop::{Busy, Stop};

/// An error of a service, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Open connections of one server at once; each costs a few kilobytes, and a file descriptor.
const MOST_CONNECTIONS: usize = 16_384;

/// How long a client may take for the head of a request: longer is a mistake or an attack.
const HEAD_WAIT: Duration = Duration::from_secs(30);

/// How long a server waits when it can take no more connections, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves one connection after the other.
pub trait Connections: Send {
    /// The future that serves a connection to its end, or gracefully ends it when it is time to stop.
    fn serve(&self, stream: TcpStream, stop: Stop) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The connections of one service, over HTTP/1.1 or HTTP/2 as each client begins.
pub(super) struct Served<S> {
    service: S,
    builder: Arc<auto::Builder<TokioExecutor>>,
}

impl<S> Served<S> {
    /// Serves this.
    pub fn new(service: S) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WAIT);
        builder.http2().timer(TokioTimer::new());
        Self { service, builder: Arc::new(builder) }
    }
}

impl<S, B> Connections for Served<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn serve(&self, stream: TcpStream, stop: Stop) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (builder, service) = (Arc::clone(&self.builder), TowerToHyperService::new(self.service.clone()));
        Box::pin(async move {
            // A packet for each answer: that of a small one would wait for the acknowledgement of the last.
            let _ = stream.set_nodelay(true);
            let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.wait() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        })
    }
}

/// Takes connections until it is time to stop.
pub(super) async fn accept(listener: TcpListener, connections: Box<dyn Connections>, stop: Stop, busy: Busy) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let permit = Arc::clone(&room).acquire_owned().await;
        let taken = tokio::select! {
            biased;
            () = stop.wait() => return,
            taken = listener.accept() => taken,
        };
        match taken {
            Ok((stream, _)) => {
                let (connection, busy) = (connections.serve(stream, stop.clone()), busy.clone());
                // A connection has no lane of its own: each request is given the one it came in.
                tokio::spawn(async move {
                    connection.await;
                    drop((permit, busy));
                });
            }
            Err(error) => pause(&error).await,
        }
    }
}

/// A client that is gone again is nobody's trouble; anything else is told, and takes a pause.
async fn pause(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
        tracing::warn!(%error, "a connection could not be taken");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
