//! What callers read when nothing was passed on: each refusal's status, code and line.

use std::net::TcpListener;

use crate::{backend::Backend, served::Served};

/// Name, request.
const CASES: &[(&str, &str)] = &[
    ("two lengths", "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"),
    (
        "length and coding",
        "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a bare line feed", "GET / HTTP/1.1\nHost: ledger\r\n\r\n"),
    ("a bad chunk", "POST / HTTP/1.1\r\nHost: ledger\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
    ("no host", "GET / HTTP/1.1\r\n\r\n"),
    ("two hosts", "GET http://risk/ HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("a dye named in Connection", "GET / HTTP/1.1\r\nHost: ledger\r\nConnection: x-dye\r\n\r\n"),
    ("a tunnel", "CONNECT ledger:80 HTTP/1.1\r\nHost: ledger:80\r\n\r\n"),
    ("another version", "GET / HTTP/3.0\r\nHost: ledger\r\n\r\n"),
    ("another expectation", "GET / HTTP/1.1\r\nHost: ledger\r\nExpect: a-miracle\r\n\r\n"),
    ("a long line", "GET /0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: ledger\r\n\r\n"),
    ("an unknown service", "GET / HTTP/1.1\r\nHost: ledgre\r\n\r\n"),
    ("no connection", "GET / HTTP/1.1\r\nHost: dead\r\n\r\n"),
    ("gRPC", "POST /a/B HTTP/1.1\r\nHost: dead\r\nContent-Type: application/grpc\r\n\r\n"),
    ("no response", "GET / HTTP/1.1\r\nHost: ledger\r\n\r\n"),
];

#[test]
fn refusals_say_what_why_and_what_to_do() {
    let backend = Backend::fixed("220 mail.example ESMTP\r\n\r\n");
    // A port that was free a moment ago, with nobody behind it.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let rules = format!(
        "version = 1\n[services.ledger]\nonline = \"http://{}\"\n[services.dead]\nonline = \"http://{dead}\"\n",
        backend.address
    );
    let proxy = Served::rules(&rules, |settings| settings.limits.request_line = 40);
    let mut seen = String::new();
    for (name, request) in CASES {
        let answer = proxy.client().ask(request);
        let line = answer.field("grpc-message").map_or_else(|| answer.text(), |text| format!("{text}\n"));
        let code = answer.field("x-dyeline-error").unwrap();
        assert!(
            answer.field("grpc-message").is_some() || line.starts_with(&format!("{code}: ")),
            "{name}: {line}"
        );
        seen.push_str(&format!("{name}\n  {} {line}", answer.status));
    }
    let seen = seen.replace(&backend.address.to_string(), "LEDGER").replace(&dead.to_string(), "DEAD");
    // Systems number it differently.
    let seen = seen.replace(" (os error 111)", "").replace(" (os error 61)", "");
    insta::assert_snapshot!(seen);
}
