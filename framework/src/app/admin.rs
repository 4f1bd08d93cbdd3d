//! The listener for those who look after a process: is it alive, is it ready, what has it counted.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use dyeline_router::{process::Process, report::Report};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use tower_service::Service;

use super::stop::Stop;

/// Answers `/healthz`, `/ready`, `/metrics` and `/lanes`.
#[derive(Clone)]
pub(super) struct Admin {
    process: Process,
    stop: Stop,
}

impl Admin {
    /// Shows this process.
    pub fn new(process: Process, stop: Stop) -> Self {
        Self { process, stop }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<String> {
        if method != Method::GET && method != Method::HEAD {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n");
            answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        match path {
            "/healthz" => text(StatusCode::OK, "alive\n"),
            "/ready" if self.stop.is_set() => text(StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
            "/ready" => text(StatusCode::OK, "ready\n"),
            "/metrics" => metrics(&self.process),
            "/lanes" => lanes(&self.process),
            _ => text(StatusCode::NOT_FOUND, "there is /healthz, /ready, /metrics and /lanes\n"),
        }
    }
}

impl Service<Request<Incoming>> for Admin {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        ready(Ok(self.answer(request.method(), request.uri().path())))
    }
}

fn metrics(process: &Process) -> Response<String> {
    typed("text/plain; version=0.0.4; charset=utf-8", format!("{}{}", process.calls(), process.stats()))
}

/// What `/lanes` answers: who this is, the calls, and what went wrong with dyes.
fn lanes_document(process: &Process) -> serde_json::Value {
    let Report { totals, calls } = process.calls().report();
    let stats = process.stats();
    let events: serde_json::Map<_, _> = dyeline_router::propagate::Event::ALL
        .iter()
        .filter(|event| stats.get(**event) > 0)
        .map(|event| (event.metric().to_owned(), json!(stats.get(*event))))
        .collect();
    json!({
        "service": process.origin().service(),
        "group": process.origin().group(),
        "totals": totals,
        "calls": calls,
        "events": events,
    })
}

fn lanes(process: &Process) -> Response<String> {
    typed("application/json", format!("{}\n", lanes_document(process)))
}

fn text(status: StatusCode, body: &str) -> Response<String> {
    let mut answer = typed("text/plain; charset=utf-8", body.to_owned());
    *answer.status_mut() = status;
    answer
}

fn typed(kind: &'static str, body: String) -> Response<String> {
    let mut answer = Response::new(body);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
