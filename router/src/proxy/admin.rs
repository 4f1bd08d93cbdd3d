//! The listener for operators: `/metrics`, `/healthz`, `/ready`, `/routes`. One short answer to a connection.

use std::{fmt::Write as _, rc::Rc, time::Duration};

use http::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    h1::{self, Scan},
    meters::AllMeters,
    worker::Worker,
};

/// How long one may take to ask and to read the answer.
const LIMIT: Duration = Duration::from_secs(5);
const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers until the thread ends.
pub(super) async fn run(socket: TcpListener, worker: Rc<Worker>, meters: AllMeters) {
    loop {
        let Ok((io, _)) = socket.accept().await else {
            tokio::time::sleep(super::clock::TICK).await;
            continue;
        };
        let (worker, meters) = (Rc::clone(&worker), meters.clone());
        tokio::task::spawn_local(async move {
            let deadline = worker.clock.deadline();
            deadline.set(LIMIT);
            if !matches!(deadline.guard(serve(io, &worker, &meters)).await, Ok(Ok(()))) {
                tracing::debug!("an operator's request was not answered");
            }
        });
    }
}

async fn serve(mut io: TcpStream, worker: &Worker, meters: &AllMeters) -> std::io::Result<()> {
    let (mut input, mut scan) = (bytes::BytesMut::new(), Scan::default());
    let request = loop {
        match scan.head(&input, &worker.settings.limits) {
            Ok(Some(length)) => break h1::request(input.split_to(length).freeze()),
            Ok(None) if io.read_buf(&mut input).await? > 0 => {}
            Ok(None) => return Ok(()),
            Err(malformed) => break Err(malformed),
        }
    };
    let (status, kind, text) = match request {
        Ok(head) if head.method == Method::GET => answer(head.uri.path(), worker, meters),
        Ok(_) => (StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET is answered here\n".to_owned()),
        Err(malformed) => (malformed.status, TEXT, format!("{}\n", malformed.what)),
    };
    let reason = status.canonical_reason().unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        status.as_str(),
        text.len()
    );
    io.write_all(head.as_bytes()).await?;
    io.write_all(text.as_bytes()).await?;
    io.shutdown().await
}

fn answer(path: &str, worker: &Worker, meters: &AllMeters) -> (StatusCode, &'static str, String) {
    match path {
        "/metrics" => (StatusCode::OK, METRICS, meters.text() + &endpoints(worker)),
        "/healthz" => (StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/ready" if worker.is_draining() => {
            (StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining: no further requests are taken\n".to_owned())
        }
        "/ready" => (StatusCode::OK, TEXT, "ready\n".to_owned()),
        "/routes" => (StatusCode::OK, TEXT, routes(worker)),
        _ => {
            let text = "there are /metrics, /healthz, /ready and /routes\n".to_owned();
            (StatusCode::NOT_FOUND, TEXT, text)
        }
    }
}

/// Every endpoint of the table in use, one a line.
fn routes(worker: &Worker) -> String {
    let table = worker.table();
    let mut out = format!(
        "# {}, version {}\n# service group endpoint state in-flight\n",
        table.file(),
        table.version()
    );
    for (service, group, cluster) in table.clusters() {
        for endpoint in cluster.endpoints() {
            let state = if cluster.is_ejected(endpoint) { "ejected" } else { "up" };
            let _ =
                writeln!(out, "{service} {group} {} {state} {}", endpoint.address(), endpoint.in_flight());
        }
    }
    out
}

/// What only the table knows, for Prometheus.
fn endpoints(worker: &Worker) -> String {
    let (table, counts) = (worker.table(), worker.live_counts());
    let mut out = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, rows: &[(String, u64)]| {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let of = |value: fn(&crate::health::Endpoint) -> u64| -> Vec<(String, u64)> {
        let each = table.clusters().flat_map(|(service, group, cluster)| {
            cluster.endpoints().iter().map(move |endpoint| {
                let address = endpoint.address();
                let labels = format!("{{service=\"{service}\",group=\"{group}\",endpoint=\"{address}\"}}");
                (labels, value(endpoint))
            })
        });
        each.collect()
    };
    let one = |value: u64| [(String::new(), value)];
    let ejections = of(|endpoint| u64::from(endpoint.ejections()));
    let in_flight = of(|endpoint| u64::from(endpoint.in_flight()));
    metric(
        "dyeline_proxy_endpoint_ejections_total",
        "counter",
        "Times an endpoint was taken out.",
        &ejections,
    );
    metric("dyeline_proxy_endpoint_in_flight", "gauge", "Calls an endpoint is busy with.", &in_flight);
    metric("dyeline_rules_swaps_total", "counter", "Times new rules were put in use.", &one(counts.swaps));
    metric(
        "dyeline_rules_refused_total",
        "counter",
        "Files of rules that were refused.",
        &one(counts.refused),
    );
    metric("dyeline_rules_version", "gauge", "The version of the rules in use.", &one(counts.version));
    out
}
