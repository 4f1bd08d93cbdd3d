//! Connections that become another protocol, and requests that wait to be told to go on.

use std::io::{Read, Write};

use crate::{backend::Backend, served::Served};

const WEBSOCKET: &str = "GET /chat HTTP/1.1\r\nHost: ledger\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

#[test]
fn a_websocket_is_a_tunnel_until_both_sides_have_ended() {
    let backend = Backend::new(|_, io| {
        io.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Accept: x\r\n\r\nfirst",
        )
        .unwrap();
        let mut all = Vec::new();
        let mut piece = [0; 1024];
        while let Ok(n @ 1..) = io.read(&mut piece) {
            all.extend_from_slice(&piece[..n]);
            io.write_all(&piece[..n].to_ascii_uppercase()).unwrap();
        }
        io.write_all(format!(" {} bytes", all.len()).as_bytes()).unwrap();
        None
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    let answer = client.ask(WEBSOCKET);
    assert_eq!((answer.status, answer.field("upgrade")), (101, Some("websocket")));
    assert_eq!(answer.field("connection"), Some("upgrade"));
    assert_eq!(answer.field("sec-websocket-accept"), Some("x"));
    assert_eq!(client.exactly(5).unwrap(), b"first");
    client.send("hello");
    assert_eq!(client.exactly(5).unwrap(), b"HELLO");
    client.end();
    assert_eq!(client.rest(), b" 5 bytes");
    let received = backend.next();
    assert_eq!(
        (received.field("connection"), received.field("upgrade")),
        (Some("upgrade"), Some("websocket"))
    );
}

#[test]
fn an_endpoint_may_decline_an_upgrade() {
    let backend = Backend::fixed("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno");
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    for _ in 0..2 {
        assert_eq!(client.ask(WEBSOCKET).status, 426);
    }
}

#[test]
fn switching_without_having_been_asked_is_no_response() {
    let backend =
        Backend::fixed("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let answer = proxy.client().ask("GET / HTTP/1.1\r\nHost: ledger\r\n\r\n");
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (502, Some("dyeline::proxy::bad_response")));
}

#[test]
fn an_upgrade_to_http_2_is_not_passed_on() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let answer = proxy.client().ask(
        "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
    );
    assert_eq!(answer.status, 200);
    let received = backend.next();
    for name in ["connection", "upgrade", "http2-settings"] {
        assert_eq!(received.field(name), None, "{name}");
    }
}

#[test]
fn the_endpoint_tells_the_client_to_go_on() {
    // The recording endpoint reads a whole request before it answers; this one answers the head.
    let eager = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = eager.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut io = eager.accept().unwrap().0;
        let mut head = [0; 4096];
        let n = io.read(&mut head).unwrap();
        assert!(String::from_utf8_lossy(&head[..n]).contains("expect: 100-continue"));
        io.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").unwrap();
        let mut body = [0; 5];
        io.read_exact(&mut body).unwrap();
        io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").unwrap();
        io.write_all(&body).unwrap();
        let _ = io.read(&mut head);
    });
    let proxy = Served::ledger(&[address]);
    let mut client = proxy.client();
    client.send("PUT / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    let hints = client.answer().unwrap();
    assert_eq!((hints.status, hints.field("link")), (103, Some("</a>")));
    assert_eq!(client.answer().unwrap().status, 100);
    let answer = client.ask("hello");
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
}

#[test]
fn a_refused_expectation_ends_the_connection_with_its_answer() {
    let backend = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = backend.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut io = backend.accept().unwrap().0;
        let mut head = [0; 4096];
        let _ = io.read(&mut head).unwrap();
        io.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n").unwrap();
        let _ = io.read(&mut head);
    });
    let proxy = Served::ledger(&[address]);
    let mut client = proxy.client();
    let answer = client
        .ask("PUT / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!((answer.status, answer.field("connection")), (413, Some("close")));
    assert!(client.is_ended());
}
