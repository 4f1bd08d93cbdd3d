//! Endpoints that say who they are and what they were sent.

use std::{convert::Infallible, net::SocketAddr, thread};

use bytes::Bytes;
use dyeline_router::rules::Rules;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpListener, runtime::Handle};

/// The fields that an endpoint tells of.
const SEEN: [&str; 4] = ["x-dye", "x-dye-roll", "x-dye-from", "baggage"];

/// A thread in which endpoints run as long as the tests do.
pub struct Backends(Handle);

impl Backends {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        Self(handle)
    }

    /// An endpoint that answers with its name.
    pub fn add(&self, name: &'static str, is_grpc: bool) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        self.0.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((io, _)) = listener.accept().await {
                let service =
                    service_fn(move |request| async move { Ok::<_, Infallible>(answer(name, &request)) });
                let io = TokioIo::new(io);
                tokio::spawn(async move {
                    // A connection that ends is no fault.
                    let _ = match is_grpc {
                        true => {
                            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                            builder.serve_connection(io, service).await
                        }
                        false => {
                            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
                        }
                    };
                });
            }
        });
        address
    }

    /// Rules whose addresses `http://<name>` and `grpc://<name>` are replaced by endpoints of that name.
    pub fn rules(&self, text: &'static str) -> String {
        let mut rules = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').unwrap();
            rules += before;
            rules += &self.add(name, before.ends_with("grpc://")).to_string();
            rest = after;
        }
        rules += rest;
        assert!(
            Rules::read(&dyeline_router::toml::Source::new("rules.toml", rules.as_str())).is_ok(),
            "{rules}"
        );
        rules
    }
}

fn answer(name: &str, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = Response::builder();
    for field in SEEN {
        for value in request.headers().get_all(field) {
            response = response.header(format!("saw-{field}"), value);
        }
    }
    response.body(Full::new(Bytes::copy_from_slice(name.as_bytes()))).unwrap()
}
