//! Requests that two parsers might read in two ways, and answers that might be taken for two: none goes through.
//!
//! Sources: RFC 9112 §2.2, §3.2, §5, §6.3, §7.1, §11; "HTTP Desync Attacks" (Kettle 2019) and its successors; the cases
//! of http-garden and of nginx's, Node's and hyper's advisories on request smuggling.

use std::io::Write;

use crate::{backend::Backend, raw::Raw, served::Served};

/// Comes after each case in the same write: if it is served, the case was read as ending where it should not.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: ledger\r\n\r\n";

/// Name, status, request.
type Refused = (&'static str, u16, &'static str);

const FRAMING: &[Refused] = &[
    (
        "length and coding",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
    ),
    (
        "coding and length",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG",
    ),
    (
        "two lengths that differ",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\nhello!",
    ),
    (
        "two lengths that agree",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    ),
    ("a list of lengths", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5, 5\r\n\r\nhello"),
    ("a length with a sign", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: +5\r\n\r\nhello"),
    ("a negative length", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: -5\r\n\r\nhello"),
    ("a hexadecimal length", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0x5\r\n\r\nhello"),
    (
        "a length with a blank inside",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5 0\r\n\r\nhello",
    ),
    (
        "a length with an underscore",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 1_0\r\n\r\nhello",
    ),
    ("an empty length", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: \r\n\r\nhello"),
    (
        "a length beyond 64 bits",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 18446744073709551621\r\n\r\nhello",
    ),
    (
        "chunked that is not last",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "a coding before chunked",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "two codings",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked twice",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "an unknown coding",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "identity",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
    ),
    (
        "chunked in quotes",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked with a parameter",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked after a vertical tab",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked in HTTP/1.0",
        400,
        "POST / HTTP/1.0\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
];

const FIELDS: &[Refused] = &[
    ("a blank before a colon", 400, "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length : 5\r\n\r\nhello"),
    (
        "a tab before a colon",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a blank before a name", 400, "POST / HTTP/1.1\r\nHost: ledger\r\n Content-Length: 5\r\n\r\nhello"),
    ("a blank before the first name", 400, "GET / HTTP/1.1\r\n Host: ledger\r\n\r\n"),
    ("a folded value", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-A: one\r\n two\r\n\r\n"),
    (
        "a folded coding",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a bare line feed", 400, "GET / HTTP/1.1\r\nHost: ledger\nX-A: b\r\n\r\n"),
    ("bare line feeds only", 400, "GET / HTTP/1.1\nHost: ledger\n\n"),
    ("a bare line feed at the end", 400, "GET / HTTP/1.1\r\nHost: ledger\r\n\n"),
    ("a bare carriage return in a value", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-A: b\rX-B: c\r\n\r\n"),
    ("a carriage return too many", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-A: b\r\r\n\r\n"),
    ("a zero byte in a value", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-A: b\0c\r\n\r\n"),
    ("a delete character in a value", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-A: b\x7fc\r\n\r\n"),
    ("a zero byte in a name", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX\0A: b\r\n\r\n"),
    ("a bracket in a name", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX[A]: b\r\n\r\n"),
    ("a name beyond ASCII", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nX-Ä: b\r\n\r\n"),
    ("a line without a colon", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nXA\r\n\r\n"),
    ("a field without a name", 400, "GET / HTTP/1.1\r\nHost: ledger\r\n: b\r\n\r\n"),
    (
        "Connection names Content-Length",
        400,
        "POST / HTTP/1.1\r\nHost: ledger\r\nConnection: content-length\r\nContent-Length: 5\r\n\r\nhello",
    ),
    ("Connection names Host", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: close, host\r\n\r\n"),
    (
        "Connection names the dye",
        400,
        "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: x-dye\r\nX-Dye: fund-income\r\n\r\n",
    ),
    (
        "another expectation",
        417,
        "GET / HTTP/1.1\r\nHost: ledger\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n",
    ),
];

const REQUEST_LINE: &[Refused] = &[
    ("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    ("two Hosts", 400, "GET / HTTP/1.1\r\nHost: ledger\r\nHost: ledger\r\n\r\n"),
    ("a Host with a path", 400, "GET / HTTP/1.1\r\nHost: ledger/x\r\n\r\n"),
    ("a Host with a user", 400, "GET / HTTP/1.1\r\nHost: a@ledger\r\n\r\n"),
    ("a Host with a blank", 400, "GET / HTTP/1.1\r\nHost: led ger\r\n\r\n"),
    ("Hosts in a list", 400, "GET / HTTP/1.1\r\nHost: ledger, risk\r\n\r\n"),
    ("a target with another host", 400, "GET http://risk/ HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a target of another scheme", 400, "GET ftp://ledger/ HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a target without a slash", 400, "GET x HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a target with a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a target with a zero byte", 400, "GET /\0 HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a target beyond ASCII", 400, "GET /ä HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("an asterisk for GET", 400, "GET * HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("two blanks before the target", 400, "GET  / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a blank in the target", 505, "GET /a b HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a tab before the version", 400, "GET /\tHTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a blank after the version", 400, "GET / HTTP/1.1 \r\nHost: ledger\r\n\r\n"),
    ("a blank before the method", 400, " GET / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("two empty lines before", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("no version", 400, "GET /\r\nHost: ledger\r\n\r\n"),
    ("HTTP/0.9", 400, "GET /\r\n"),
    ("HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: ledger\r\n\r\n"),
    ("HTTP/2.0 in text", 505, "GET / HTTP/2.0\r\nHost: ledger\r\n\r\n"),
    ("a version in small letters", 505, "GET / http/1.1\r\nHost: ledger\r\n\r\n"),
    ("a method that is no token", 400, "GE(T / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("CONNECT", 501, "CONNECT ledger:80 HTTP/1.1\r\nHost: ledger:80\r\n\r\n"),
    ("TRACE", 405, "TRACE / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("TLS", 400, "\x16\x03\x01\x02\0\x01\0\x01\n\x03\x03"),
];

#[test]
fn heads_that_are_not_plain_reach_no_endpoint() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let mut wrong = Vec::new();
    for (name, status, request) in FRAMING.iter().chain(FIELDS).chain(REQUEST_LINE) {
        let mut client = proxy.client();
        client.send(format!("{request}{SMUGGLED}"));
        let answer = client.answer();
        let got = answer.as_ref().map_or(0, |answer| answer.status);
        let code = answer.as_ref().and_then(|answer| answer.field("x-dyeline-error")).is_some();
        if got != *status || !code || !client.is_ended() {
            wrong.push(format!("{name}: {answer:?}"));
        }
        wrong
            .extend(backend.all().get(wrong.len()..).into_iter().flatten().map(|r| format!("{name}: {r:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(backend.all().is_empty(), "{:#?}", backend.all());
}

/// Chunked bodies: what comes after `Transfer-Encoding: chunked` and the empty line.
const CHUNKS: &[(&str, &str)] = &[
    ("a size with a sign", "+5\r\nhello\r\n0\r\n\r\n"),
    ("a size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n"),
    ("a size with a blank before", " 5\r\nhello\r\n0\r\n\r\n"),
    ("a size with a blank after", "5 \r\nhello\r\n0\r\n\r\n"),
    ("a size with a tab before its extension", "5\t;a\r\nhello\r\n0\r\n\r\n"),
    ("a size of seventeen digits", "00000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("a size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ("no size", "\r\nhello\r\n0\r\n\r\n"),
    ("no size, but an extension", ";a\r\nhello\r\n0\r\n\r\n"),
    ("a size that is no number", "five\r\nhello\r\n0\r\n\r\n"),
    ("a size ended by a line feed", "5\nhello\r\n0\r\n\r\n"),
    ("a size ended by a carriage return", "5\rhello\r\n0\r\n\r\n"),
    ("an extension with a line feed", "5;a\nb\r\nhello\r\n0\r\n\r\n"),
    ("an extension with a carriage return", "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    ("an extension with a zero byte", "5;a\0b\r\nhello\r\n0\r\n\r\n"),
    ("a chunk that is too long", "5\r\nhelloo\r\n0\r\n\r\n"),
    ("a chunk that is too short", "6\r\nhello\r\n0\r\n\r\n"),
    ("a chunk ended by a line feed", "5\r\nhello\n0\r\n\r\n"),
    ("a last chunk ended by a line feed", "5\r\nhello\r\n0\n\n"),
    ("a trailer ended by a line feed", "5\r\nhello\r\n0\r\nx: y\n\r\n"),
    ("a trailer with a blank before its colon", "5\r\nhello\r\n0\r\nx : y\r\n\r\n"),
    ("a trailer that is folded", "5\r\nhello\r\n0\r\nx: y\r\n z\r\n\r\n"),
    ("a trailer that is a request", "5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"),
];

/// The body may be on its way before its fault is seen. What the endpoint has then is half a request, on a
/// connection that ends; it must never be a whole one, nor the start of another.
#[test]
fn bodies_that_are_not_plain_are_never_completed() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    for (name, chunks) in CHUNKS {
        let mut client = proxy.client();
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{SMUGGLED}"
        ));
        let answer = client.answer().unwrap_or_else(|| panic!("{name}: no answer"));
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
        assert!(client.is_ended(), "{name}");
        assert!(backend.all().is_empty(), "{name}: {:#?}", backend.all());
    }
}

#[test]
fn what_is_odd_but_clear_goes_through_in_one_plain_form() {
    let cases = [
        ("one empty line before", "\r\nGET /1 HTTP/1.1\r\nHost: ledger\r\n\r\n", "GET /1 HTTP/1.1", ""),
        ("blanks around values", "GET /2 HTTP/1.1\r\nHost:  ledger \t\r\n\r\n", "GET /2 HTTP/1.1", ""),
        (
            "chunked in capitals",
            "POST /3 HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: CHUNKED\r\n\r\n000005;a=\"b\"\r\nhello\r\n00\r\n\r\n",
            "POST /3 HTTP/1.1",
            "hello",
        ),
        (
            "a length with zeros before",
            "POST /4 HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0005\r\n\r\nhello",
            "POST /4 HTTP/1.1",
            "hello",
        ),
        (
            "GET with a body",
            "GET /5 HTTP/1.1\r\nHost: ledger\r\nContent-Length: 5\r\n\r\nhello",
            "GET /5 HTTP/1.1",
            "hello",
        ),
        (
            "an upgrade with a body is none",
            "POST /6 HTTP/1.1\r\nHost: ledger\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello",
            "POST /6 HTTP/1.1",
            "hello",
        ),
        ("a method of one's own", "LIST /7 HTTP/1.1\r\nHost: ledger\r\n\r\n", "LIST /7 HTTP/1.1", ""),
        ("a host in capitals", "GET /8 HTTP/1.1\r\nHost: LEDGER\r\n\r\n", "GET /8 HTTP/1.1", ""),
    ];
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    for (name, request, line, body) in cases {
        assert_eq!(client.ask(request).status, 200, "{name}");
        let received = backend.next();
        assert_eq!((received.line(), received.body.as_slice()), (line, body.as_bytes()), "{name}");
        assert_eq!(received.field("upgrade"), None, "{name}");
    }
    assert_eq!(backend.all().len(), 8);
}

/// A request may come in pieces cut anywhere, and is the same request.
#[test]
fn requests_cut_anywhere_are_the_same_requests() {
    let request = "POST /x HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nx-t: 1\r\n\r\n";
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    for cut in 1..request.len() {
        client.send(&request[..cut]);
        // A second connection's answer shows that the first piece has been read by itself.
        proxy.client().ask("GET /between HTTP/1.1\r\nHost: ledger\r\n\r\n");
        client.send(&request[cut..]);
        assert_eq!(client.answer().unwrap().status, 200, "cut at {cut}");
    }
    let whole: Vec<_> = backend.all().into_iter().filter(|r| r.line().starts_with("POST")).collect();
    assert_eq!(whole.len(), request.len() - 1);
    assert!(whole.iter().all(|r| r.body == b"abc" && r.trailers == "x-t: 1\r\n"));
}

#[test]
fn what_is_too_large_is_refused_with_the_limit_it_broke() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let fields = |n: usize| (0..n).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let cases = [
        ("request line", 414, format!("GET /{} HTTP/1.1\r\nHost: ledger\r\n\r\n", "a".repeat(9000))),
        ("request line without an end", 414, format!("GET /{}", "a".repeat(9000))),
        ("one field", 431, format!("GET / HTTP/1.1\r\nHost: ledger\r\nx: {}\r\n\r\n", "a".repeat(40_000))),
        (
            "a field without an end",
            431,
            format!("GET / HTTP/1.1\r\nHost: ledger\r\nx: {}", "a".repeat(40_000)),
        ),
        ("many fields", 431, format!("GET / HTTP/1.1\r\nHost: ledger\r\n{}\r\n", fields(101))),
        (
            "an extension",
            431,
            format!(
                "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n5;{}\r\nhello\r\n0\r\n\r\n",
                "a".repeat(5000)
            ),
        ),
        (
            "extensions of many chunks",
            431,
            format!(
                "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
                "1;abcdefgh\r\nx\r\n".repeat(600)
            ),
        ),
        (
            "trailers",
            431,
            format!(
                "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: {}\r\n\r\n",
                "a".repeat(9000)
            ),
        ),
        (
            "trailers without an end",
            431,
            format!(
                "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: {}",
                "a".repeat(9000)
            ),
        ),
    ];
    for (name, status, request) in cases {
        let answer = proxy.client().ask(request);
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(answer.field("x-dyeline-error"), Some("dyeline::proxy::too_large"), "{name}");
    }
    assert!(backend.all().is_empty());
}

#[test]
fn fields_that_only_look_different_are_taken_off() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    proxy.client().ask(
        "GET / HTTP/1.1\r\nHost: ledger\r\nX_Dye: fund-income\r\nX-Dye_Roll: 7\r\nX_Forwarded_For: 1.2.3.4\r\n\
         Content_Length: 5\r\nTransfer_Encoding: chunked\r\nX_Own: 1\r\n\r\n",
    );
    let received = backend.next();
    let names: Vec<&str> = received.head.lines().filter_map(|l| l.split_once(':')).map(|(n, _)| n).collect();
    let odd: Vec<&&str> = names.iter().filter(|name| name.contains('_')).collect();
    assert_eq!(odd, [&"x_own"]);
}

/// Answers that are none: what a client gets instead, and that nothing of them is taken for a later one.
#[test]
fn answers_that_are_not_plain_are_replaced() {
    let cases: &[(&str, &str)] = &[
        (
            "length and coding",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ("a bad length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello"),
        ("a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello"),
        ("a folded value", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello"),
        ("a blank before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello"),
        ("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("a status beyond 599", "HTTP/1.1 600 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("another version", "HTTP/3.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("another protocol", "220 mail.example ESMTP\r\n\r\n"),
        ("a zero byte", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 5\r\n\r\nhello"),
        ("an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello"),
        (
            "interim answers without an end",
            concat!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
            ),
        ),
    ];
    for (name, response) in cases {
        let backend = Backend::fixed(response);
        let proxy = Served::ledger(&[backend.address]);
        let mut client = proxy.client();
        client.send("POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0\r\n\r\n");
        let answer = loop {
            match client.answer().unwrap_or_else(|| panic!("{name}: no answer")) {
                interim if interim.status < 200 => {}
                answer => break answer,
            }
        };
        assert_eq!(
            (answer.status, answer.field("x-dyeline-error")),
            (502, Some("dyeline::proxy::bad_response")),
            "{name}"
        );
    }
}

/// Bytes after a response belong to nobody; the connection they came on must not serve another client.
#[test]
fn what_follows_an_answer_is_nobodys() {
    let backend = Backend::new(|received, io| {
        match received.line() {
        "GET /evil HTTP/1.1" => io
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")
            .ok(),
        _ => io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood").ok(),
    }
    });
    let proxy = Served::ledger(&[backend.address]);
    for _ in 0..20 {
        proxy.client().ask("GET /evil HTTP/1.1\r\nHost: ledger\r\n\r\n");
        let answer = proxy.client().ask("GET / HTTP/1.1\r\nHost: ledger\r\n\r\n");
        assert_eq!(answer.text(), "good");
    }
}

/// A body that ends early must be seen to: as a broken connection, never as a complete answer.
#[test]
fn an_answer_cut_short_is_seen_to_be() {
    for (name, response) in [
        ("length", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        ("a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n"),
    ] {
        let backend = Backend::new(move |_, io| {
            io.write_all(response.as_bytes()).unwrap();
            None
        });
        let proxy = Served::ledger(&[backend.address]);
        let mut client = Raw::to(proxy.address());
        client.send("GET / HTTP/1.1\r\nHost: ledger\r\n\r\n");
        assert!(client.answer().is_none(), "{name}");
    }
}

#[test]
fn a_request_whose_client_leaves_is_not_completed() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    for request in [
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 10\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "POST / HTTP/1.1\r\nHost: led",
    ] {
        proxy.client().send(request).end().rest();
    }
    assert!(backend.all().is_empty(), "{:#?}", backend.all());
}
