//! What can be a server of an application.

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tower_service::Service;

use super::listener::{BoxError, Connections, Served};

/// A service of HTTP requests that a server can run: an `axum::Router`, `tonic::service::Routes`, a server that tonic
/// generated, or any other `tower` service of `http::Request<hyper::body::Incoming>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service of HTTP requests that can be started as a server",
    note = "give an `axum::Router`, a generated gRPC server, or a `Clone + Send` tower service of \
            `http::Request<hyper::body::Incoming>`"
)]
pub trait Handles: Send + 'static {
    /// The same, each of whose requests passes through a layer first.
    #[doc(hidden)]
    fn behind(self, process: dyeline_router::process::Process) -> Box<dyn Connections>;
}

impl<S, B> Handles for S
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send + From<String>,
    B::Error: Into<BoxError>,
{
    fn behind(self, process: dyeline_router::process::Process) -> Box<dyn Connections> {
        use tower_layer::Layer as _;

        Box::new(Served::new(dyeline_router::layer::ServerLayer::new(process).layer(self)))
    }
}
