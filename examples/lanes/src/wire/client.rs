//! Clients whose calls are routed and stamped.

use bytes::Bytes;
use dyeline_router::{
    layer::{ClientLayer, ClientService},
    process::Process,
};
use http::{Request, StatusCode, Uri, header::CONTENT_TYPE, uri::PathAndQuery};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::client::Grpc;
use tonic_prost::ProstCodec;
use tower_layer::Layer as _;
use tower_service::Service as _;

use super::{Ask, POST, Posting, Value};

/// Why a call has no value to show.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What happened, with what the services before said of it.
    pub why: String,
    /// Whether the same call may do better later.
    pub retryable: bool,
}

impl Refused {
    fn later(why: impl ToString) -> Self {
        Self { why: why.to_string(), retryable: true }
    }
}

/// The clients of a process. Cheap to clone; connections are kept.
#[derive(Clone)]
pub(crate) struct Clients {
    http: ClientService<Client<HttpConnector, Full<Bytes>>>,
    grpc: ClientService<Client<HttpConnector, tonic::body::Body>>,
}

impl Clients {
    /// Clients of a process. To be used in a runtime.
    pub fn new(process: &Process) -> Self {
        let layer = ClientLayer::new(process.clone());
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let executor = TokioExecutor::new();
        let http = Client::builder(executor.clone()).build(connector.clone());
        let grpc = Client::builder(executor).http2_only(true).build(connector);
        Self { http: layer.layer(http), grpc: layer.layer(grpc) }
    }

    /// Asks a service over HTTP.
    pub async fn ask(&self, service: &'static str, ask: Ask) -> Result<i64, Refused> {
        let body = serde_json::to_vec(&ask).map_err(Refused::later)?;
        let request = Request::post(format!("http://{service}/value"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(body))
            .map_err(Refused::later)?;
        // hyper's client is always ready.
        let answer = self.http.clone().call(request).await;
        let answer = answer.map_err(|why| Refused::later(format!("call {service}: {}", chain(&*why))))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(Refused::later)?.to_bytes();
        if status != StatusCode::OK {
            let why = format!("{service} answers {status}: {}", String::from_utf8_lossy(&body).trim_end());
            return Err(Refused { why, retryable: status.is_server_error() });
        }
        serde_json::from_slice(&body).map(|Value { value }| value).map_err(Refused::later)
    }

    /// Asks the ledger over gRPC.
    pub async fn post(&self, ask: Ask) -> Result<i64, Refused> {
        let mut client = Grpc::with_origin(self.grpc.clone(), Uri::from_static("http://ledger"));
        let request = tonic::Request::new(Posting::from(ask));
        let codec = ProstCodec::<Posting, Posting>::default();
        let answer = client.unary(request, PathAndQuery::from_static(POST), codec).await;
        let answer = answer.map_err(|status| Refused {
            why: format!("call ledger: {}: {}", status.code(), status.message()),
            retryable: !matches!(
                status.code(),
                tonic::Code::FailedPrecondition | tonic::Code::InvalidArgument
            ),
        })?;
        Ok(answer.into_inner().number)
    }
}

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
