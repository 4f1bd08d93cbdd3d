//! Requests and responses over HTTP/1.1 that are as they should be.

use std::io::Write;

use crate::{backend::Backend, raw::Raw, served::Served};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-from: ledger\r\n\r\nhi";

#[test]
fn a_request_goes_through_and_its_response_comes_back() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    let answer = proxy.client().ask("GET /a/b?c=d%20e HTTP/1.1\r\nHost: ledger\r\nX-Own: 1\r\n\r\n");
    assert_eq!((answer.status, answer.text().as_str()), (200, "hi"));
    assert_eq!(answer.field("x-from"), Some("ledger"));
    let received = backend.next();
    assert_eq!(received.line(), "GET /a/b?c=d%20e HTTP/1.1");
    assert_eq!(received.field("host"), Some("ledger"));
    assert_eq!(received.field("x-own"), Some("1"));
    assert_eq!(received.field("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(received.field("x-forwarded-proto"), Some("http"));
    assert_eq!(received.field("x-forwarded-host"), Some("ledger"));
    assert_eq!(received.field("via"), None);
}

#[test]
fn a_connection_serves_many_requests_over_one_connection_to_the_endpoint() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    for n in 0..50 {
        let answer = client.ask(format!("GET /{n} HTTP/1.1\r\nHost: ledger\r\n\r\n"));
        assert_eq!(answer.status, 200);
        assert_eq!(backend.next().line(), format!("GET /{n} HTTP/1.1"));
    }
    assert_eq!(backend.connections(), 1);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let backend = Backend::new(|received, io| {
        let path = received.line().split(' ').nth(1)?;
        write!(io, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{path}", path.len()).ok()
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    let all: String = (0..20).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: ledger\r\n\r\n")).collect();
    client.send(all);
    for n in 0..20 {
        assert_eq!(client.answer().unwrap().text(), format!("/{n}"));
    }
}

#[test]
fn bodies_keep_their_length_or_their_chunks_and_trailers() {
    let backend = Backend::fixed(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n",
    );
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    let answer = client.ask(
        "POST / HTTP/1.1\r\nHost: ledger\r\nTE: trailers\r\nConnection: TE\r\nContent-Length: 3\r\n\r\nabc",
    );
    assert_eq!((answer.text().as_str(), answer.trailers.as_str()), ("hello", "x-sum: 7\r\n"));
    let received = backend.next();
    assert_eq!((received.field("content-length"), received.field("te")), (Some("3"), Some("trailers")));
    assert_eq!(received.body, b"abc");

    client.ask(
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n\
         3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 9\r\nContent-Length: 4\r\n\r\n",
    );
    let received = backend.next();
    assert_eq!(received.field("transfer-encoding"), Some("chunked"));
    assert_eq!(
        (received.body.as_slice(), received.trailers.as_str()),
        (&b"abc0123456789"[..], "x-sum: 9\r\n")
    );
}

#[test]
fn a_response_without_a_body_has_none() {
    let backend = Backend::new(|received, io| {
        let head = match received.line().split(' ').nth(1)? {
            "/204" => "HTTP/1.1 204 No Content\r\n\r\n",
            "/304" => "HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\netag: \"a\"\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n",
        };
        io.write_all(head.as_bytes()).ok()
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    assert_eq!(client.ask("GET /204 HTTP/1.1\r\nHost: ledger\r\n\r\n").field("content-length"), None);
    let cached = client.ask("GET /304 HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!((cached.status, cached.field("etag")), (304, Some("\"a\"")));
    client.send("HEAD / HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!(client.head().unwrap().field("content-length"), Some("1234"));
    assert_eq!(client.ask("GET /204 HTTP/1.1\r\nHost: ledger\r\n\r\n").status, 204);
    assert_eq!(backend.connections(), 1);
}

#[test]
fn a_response_that_ends_with_its_connection_is_chunked_for_those_who_know_chunks() {
    let backend = Backend::new(|_, io| {
        io.write_all(b"HTTP/1.0 200 OK\r\nx-old: 1\r\n\r\nold").unwrap();
        None
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    let answer = client.ask("GET / HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!((answer.field("transfer-encoding"), answer.text().as_str()), (Some("chunked"), "old"));
    let answer = client.ask("GET / HTTP/1.0\r\nHost: ledger\r\n\r\n");
    assert_eq!((answer.field("connection"), answer.text().as_str()), (Some("close"), "old"));
}

#[test]
fn http_1_0_clients_are_told_whether_the_connection_goes_on() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    let answer = client.ask("GET / HTTP/1.0\r\nHost: ledger\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(answer.field("connection"), Some("keep-alive"));
    let answer = client.ask("GET / HTTP/1.0\r\nHost: ledger\r\n\r\n");
    assert_eq!(answer.field("connection"), Some("close"));
    assert!(client.is_ended());
}

#[test]
fn fields_about_one_connection_go_no_further() {
    let backend = Backend::fixed(
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\n\
         proxy-authenticate: Basic\r\nx-end: 2\r\n\r\n",
    );
    let proxy = Served::ledger(&[backend.address]);
    let answer = proxy.client().ask(
        "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: x-mine, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n\
         Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nTE: gzip\r\nX-End: 2\r\n\r\n",
    );
    let received = backend.next();
    for name in ["connection", "x-mine", "keep-alive", "proxy-connection", "proxy-authorization", "te"] {
        assert_eq!(received.field(name), None, "{name}");
    }
    assert_eq!(received.field("x-end"), Some("2"));
    for name in ["connection", "x-hop", "keep-alive", "proxy-authenticate"] {
        assert_eq!(answer.field(name), None, "{name}");
    }
    assert_eq!(answer.field("x-end"), Some("2"));
}

#[test]
fn the_path_a_request_took_is_appended_to() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    proxy.client().ask(
        "GET / HTTP/1.1\r\nHost: ledger:8080\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-For: 10.1.1.2\r\n\
         X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n",
    );
    let received = backend.next();
    assert_eq!(received.field("x-forwarded-for"), Some("10.1.1.1, 10.1.1.2, 127.0.0.1"));
    assert_eq!(received.field("x-forwarded-proto"), Some("https"));
    assert_eq!(received.field("x-forwarded-host"), Some("shop.example"));
    assert_eq!(received.field("host"), Some("ledger:8080"));
}

#[test]
fn an_absolute_target_is_one_of_the_origin_behind_the_proxy() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    client.ask("GET http://ledger/x?y HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!(backend.next().line(), "GET /x?y HTTP/1.1");
    client.ask("OPTIONS * HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!(backend.next().line(), "OPTIONS * HTTP/1.1");
}

#[test]
fn a_listener_may_be_for_one_service() {
    let backend = Backend::fixed(OK);
    let proxy = Served::with(&[backend.address], |settings| {
        settings.listeners[0].service = Some("ledger".into());
    });
    let answer = proxy.client().ask("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    assert_eq!(answer.status, 200);
    assert_eq!(backend.next().field("host"), Some("shop.example"));
}

#[test]
fn a_service_nobody_knows_is_refused_with_a_reason() {
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[backend.address]);
    let answer = proxy.client().ask("GET / HTTP/1.1\r\nHost: leger\r\n\r\n");
    assert_eq!(answer.status, 421);
    assert_eq!(answer.field("x-dyeline-error"), Some("dyeline::route::unknown_service"));
    assert!(answer.text().contains("leger"), "{}", answer.text());
    assert!(backend.all().is_empty());
}

/// Both directions at once, more than any buffer holds.
#[test]
fn large_bodies_stream_both_ways_at_the_same_time() {
    const SIZE: usize = 32 << 20;
    let backend = Backend::new(|received, io| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", received.body.len());
        io.write_all(head.as_bytes()).and_then(|()| io.write_all(&received.body)).ok()
    });
    let proxy = Served::ledger(&[backend.address]);
    let body: Vec<u8> = (0..SIZE).map(|n| (n / 7) as u8).collect();
    let mut client = proxy.client();
    client.send(format!("POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: {SIZE}\r\n\r\n"));
    client.send(&body);
    let answer = client.answer().unwrap();
    assert!(answer.body == body, "{} of {SIZE} bytes came back, or others", answer.body.len());
}

/// An endpoint that does not read must stop the client from sending, not fill the proxy.
#[test]
fn a_body_nobody_reads_is_not_taken() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let _io = listener.accept().unwrap();
        let _ = wait.lock().unwrap().recv();
    });
    let proxy = Served::ledger(&[address]);
    let mut client = Raw::to(proxy.address());
    client.send("POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 1000000000\r\n\r\n");
    client.io.set_write_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    let piece = vec![0; 1 << 20];
    let taken = (0..1000).take_while(|_| client.try_send(&piece)).count();
    // What both sockets' buffers hold, on both sides of the proxy.
    assert!(taken < 64, "{taken} MiB were taken");
    drop(go);
}
