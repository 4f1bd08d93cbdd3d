//! HTTP/2 and gRPC: in front, behind, and one turned into the other.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    client::conn::http2::SendRequest,
    rt::Executor,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::mpsc};

use crate::{backend::Backend, served::Served};

type Body = BoxBody<Bytes, Infallible>;

#[derive(Clone)]
pub struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), test).await.expect("in time") })
}

pub async fn connect(address: SocketAddr) -> SendRequest<Body> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = hyper::client::conn::http2::handshake(Spawn, io).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn empty() -> Body {
    Empty::new().boxed()
}

fn full(text: &'static str) -> Body {
    Full::new(Bytes::from_static(text.as_bytes())).boxed()
}

/// A body that is sent piece by piece, as a test says.
fn stream() -> (mpsc::Sender<Frame<Bytes>>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Pieces(receiver).boxed())
}

struct Pieces(mpsc::Receiver<Frame<Bytes>>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

/// An endpoint that speaks HTTP/2 and records the heads it gets.
async fn endpoint<F, R>(answer: F) -> (SocketAddr, Arc<Mutex<Vec<http::request::Parts>>>)
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            let (answer, record) = (answer.clone(), Arc::clone(&record));
            let service = service_fn(move |request: Request<Incoming>| {
                let (parts, body) = request.into_parts();
                record.lock().unwrap().push(parts.clone());
                let answered = answer(Request::from_parts(parts, body));
                async move { Ok::<_, Infallible>(answered.await) }
            });
            let builder = hyper::server::conn::http2::Builder::new(Spawn);
            tokio::spawn(async move { builder.serve_connection(TokioIo::new(io), service).await });
        }
    });
    (address, heads)
}

fn grpc(address: SocketAddr) -> Served {
    Served::rules(&format!("version = 1\n[services.ledger]\nonline = \"grpc://{address}\"\n"), |_| {})
}

fn call(path: &str, body: Body) -> Request<Body> {
    Request::post(format!("http://ledger{path}"))
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap()
}

async fn gathered(response: Response<Incoming>) -> (StatusCode, HeaderMap, Bytes, Option<HeaderMap>) {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().cloned();
    (parts.status, parts.headers, body.to_bytes(), trailers)
}

fn ok(body: Body) -> Response<Body> {
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

fn trailers(status: &'static str) -> Frame<Bytes> {
    Frame::trailers(HeaderMap::from_iter([(
        http::HeaderName::from_static("grpc-status"),
        http::HeaderValue::from_static(status),
    )]))
}

#[test]
fn a_unary_call_has_its_trailers() {
    run(async {
        let (address, heads) = endpoint(|request| async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let (sender, answer) = stream();
            tokio::spawn(async move {
                let _ = sender.send(Frame::data(body)).await;
                let _ = sender.send(trailers("0")).await;
            });
            ok(answer)
        })
        .await;
        let proxy = grpc(address);
        let mut client = connect(proxy.address()).await;
        let (status, fields, body, trailers) =
            gathered(client.send_request(call("/pkg.Ledger/Get", full("message"))).await.unwrap()).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, &b"message"[..]));
        assert_eq!(fields["content-type"], "application/grpc");
        assert_eq!(trailers.unwrap()["grpc-status"], "0");
        let head = heads.lock().unwrap()[0].clone();
        assert_eq!(head.uri.path(), "/pkg.Ledger/Get");
        assert_eq!(head.uri.authority().unwrap(), "ledger");
        assert_eq!(head.headers["te"], "trailers");
        assert_eq!(head.headers["x-forwarded-for"], "127.0.0.1");
        assert!(!head.headers.contains_key("host"));
    });
}

#[test]
fn both_sides_stream_at_the_same_time() {
    run(async {
        let (address, _) = endpoint(|request| async move {
            let (sender, answer) = stream();
            let mut body = request.into_body();
            tokio::spawn(async move {
                while let Some(Ok(frame)) = body.frame().await {
                    if let Ok(data) = frame.into_data() {
                        let upper = Bytes::from(data.to_ascii_uppercase());
                        let _ = sender.send(Frame::data(upper)).await;
                    }
                }
                let _ = sender.send(trailers("0")).await;
            });
            ok(answer)
        })
        .await;
        let proxy = grpc(address);
        let mut client = connect(proxy.address()).await;
        let (sender, body) = stream();
        let response = client.send_request(call("/pkg.Ledger/Chat", body)).await.unwrap();
        let mut body = response.into_body();
        for word in ["one", "two", "three"] {
            sender.send(Frame::data(Bytes::from_static(word.as_bytes()))).await.unwrap();
            let frame = body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), word.to_ascii_uppercase());
        }
        drop(sender);
        let last = body.frame().await.unwrap().unwrap();
        assert_eq!(last.into_trailers().unwrap()["grpc-status"], "0");
    });
}

#[test]
fn many_calls_share_one_connection_to_the_endpoint() {
    run(async {
        let (address, heads) = endpoint(|_| async { ok(full("x")) }).await;
        let proxy = grpc(address);
        let client = connect(proxy.address()).await;
        let calls: Vec<_> = (0..100)
            .map(|n| {
                let mut client = client.clone();
                tokio::spawn(async move {
                    client.send_request(call(&format!("/{n}"), empty())).await.unwrap().status()
                })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), StatusCode::OK);
        }
        assert_eq!(heads.lock().unwrap().len(), 100);
    });
}

#[test]
fn a_refusal_is_a_grpc_status() {
    run(async {
        let proxy = grpc("127.0.0.1:1".parse().unwrap());
        let mut client = connect(proxy.address()).await;
        let (status, fields, body, _) =
            gathered(client.send_request(call("/x", empty())).await.unwrap()).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0));
        assert_eq!(
            (&fields["grpc-status"], &fields["x-dyeline-error"]),
            (&"14".parse().unwrap(), &"dyeline::proxy::connect".parse().unwrap())
        );
        assert!(fields["grpc-message"].to_str().unwrap().contains("127.0.0.1:1"));
        let other = Request::post("http://nobody/x")
            .header("content-type", "application/grpc")
            .body(empty())
            .unwrap();
        let (_, fields, ..) = gathered(client.send_request(other).await.unwrap()).await;
        assert_eq!(fields["grpc-status"], "12");
    });
}

#[test]
fn http_2_in_front_and_http_1_behind() {
    let backend = Backend::fixed(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n",
    );
    let proxy = Served::ledger(&[backend.address]);
    run(async {
        let mut client = connect(proxy.address()).await;
        let (sender, body) = stream();
        tokio::spawn(async move {
            let _ = sender.send(Frame::data(Bytes::from_static(b"abc"))).await;
            let _ = sender.send(Frame::data(Bytes::from_static(b"def"))).await;
        });
        let request = Request::post("http://ledger/a?b")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .body(body)
            .unwrap();
        let (status, fields, body, trailers) = gathered(client.send_request(request).await.unwrap()).await;
        assert_eq!((status, &body[..]), (StatusCode::OK, &b"hello"[..]));
        assert_eq!(trailers.unwrap()["x-sum"], "7");
        assert!(!fields.contains_key("x-hop") && !fields.contains_key("connection"));
    });
    let received = backend.next();
    assert_eq!(received.line(), "POST /a?b HTTP/1.1");
    assert_eq!((received.field("host"), received.field("cookie")), (Some("ledger"), Some("a=1; b=2")));
    assert_eq!(received.field("transfer-encoding"), Some("chunked"));
    assert_eq!(received.body, b"abcdef");
}

#[test]
fn http_1_in_front_and_http_2_behind() {
    run(async {
        let (address, heads) = endpoint(|request| async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            Response::new(Full::new(body).boxed())
        })
        .await;
        let proxy = grpc(address);
        let asked = tokio::task::spawn_blocking(move || {
            let mut client = proxy.client();
            client.send("PUT /x HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: x-hop\r\nX-Hop: 1\r\n\r\n");
            assert_eq!(client.answer().unwrap().status, 100);
            let answer = client.ask("hello");
            assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
            let chunked = client.ask(
                "POST /y HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            );
            assert_eq!(chunked.text(), "hi");
            client.send("HEAD /z HTTP/1.1\r\nHost: ledger\r\n\r\n");
            assert_eq!(client.head().unwrap().status, 200);
            assert_eq!(client.ask("GET /w HTTP/1.1\r\nHost: ledger\r\n\r\n").status, 200);
        });
        asked.await.unwrap();
        let heads = heads.lock().unwrap();
        let names =
            |n: usize| heads[n].headers.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        assert!(names(0).iter().all(|name| name != "expect" && name != "x-hop" && name != "connection"));
        assert!(names(1).iter().all(|name| name != "transfer-encoding"));
    });
}

/// HTTP/2 can say what HTTP/1.1 cannot; none of it may come out as something else behind.
#[test]
fn requests_that_would_mean_something_else_over_http_1_are_refused() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    run(async {
        let requests = [
            Request::get("http://ledger/").header("host", "risk").body(empty()),
            Request::get("http://ledger/").header("content-length", "5").body(empty()),
            Request::trace("http://ledger/").body(empty()),
            Request::options("http://user@ledger/").body(empty()),
        ];
        for request in requests {
            let mut client = connect(proxy.address()).await;
            // Refused by us with a status, or by the HTTP/2 layer with a reset; never passed on.
            if let Ok(response) = client.send_request(request.unwrap()).await {
                assert!(response.status().is_client_error(), "{response:?}");
            }
        }
    });
    assert!(backend.all().is_empty(), "{:#?}", backend.all());
}

#[test]
fn a_cancelled_stream_ends_its_call() {
    let (told, ended) = std::sync::mpsc::channel();
    let backend = Backend::new(move |_, io| {
        use std::io::Read;
        told.send(io.read(&mut [0; 1]).unwrap_or(0)).unwrap();
        None
    });
    let proxy = Served::ledger(&[backend.address]);
    run(async {
        let mut client = connect(proxy.address()).await;
        let request = Request::get("http://ledger/").body(empty()).unwrap();
        let pending = tokio::spawn(async move { client.send_request(request).await.map(|_| client) });
        tokio::task::spawn_blocking(move || backend.next()).await.unwrap();
        pending.abort();
    });
    assert_eq!(ended.recv_timeout(crate::backend::LIMIT).unwrap(), 0);
}

#[test]
fn the_end_lets_streams_finish_and_refuses_new_ones() {
    run(async {
        let (go, wait) = mpsc::channel::<()>(1);
        let wait = Arc::new(tokio::sync::Mutex::new(wait));
        let (address, heads) = endpoint(move |_| {
            let wait = Arc::clone(&wait);
            async move {
                wait.lock().await.recv().await;
                ok(full("late"))
            }
        })
        .await;
        let proxy = grpc(address);
        let mut client = connect(proxy.address()).await;
        let running = tokio::spawn({
            let mut client = client.clone();
            async move { gathered(client.send_request(call("/slow", empty())).await.unwrap()).await }
        });
        while heads.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        proxy.stop();
        while TcpStream::connect(proxy.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go.send(()).await.unwrap();
        assert_eq!(&running.await.unwrap().2[..], b"late");
        assert!(client.send_request(call("/new", empty())).await.is_err());
        tokio::task::spawn_blocking(move || proxy.join()).await.unwrap();
    });
}
