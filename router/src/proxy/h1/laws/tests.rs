//! The laws, for bytes that resemble messages more than a fuzzer's first ones do.

use proptest::prelude::*;

use super::{
    connection::{Ended, Sender, read},
    hold,
    hold::messages,
};

/// Pieces that messages are made of, and what attacks put between them.
const PIECES: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST /a?b HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://a HTTP/1.1\r\n",
    "GET http://a?q HTTP/1.0\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 204\r\n",
    "HTTP/1.0 304 x\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Host: a\r\n",
    "Content-Length: 3\r\n",
    "Content-Length:\t0 \r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close, x-a\r\n",
    "Connection: upgrade\r\n",
    "Upgrade: websocket\r\n",
    "TE: trailers\r\n",
    "X-A: 1\r\n",
    "x-a:\r\n",
    "x-b: \u{e4}\t2\r\n",
    " folded\r\n",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "abc",
    "0\r\n\r\n",
    "3\r\nabc\r\n",
    "3;x=y\r\nabc\r\n",
    "0003\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
    "3 \r\nabc\r\n",
    "fffffffffffffffff\r\n",
    "0\r\nContent-Length: 3\r\n\r\n",
];

fn likely() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Heads that are accepted as a rule, with a body.
fn accepted() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::collection::vec(("[a-c]{1,2}", "[ -~\t]{0,6}"), 0..4);
    let body = prop_oneof![
        Just("\r\n".to_owned()),
        "[a-z]{0,9}".prop_map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len())),
        prop::collection::vec("[a-z]{1,20}", 0..3).prop_map(|chunks| {
            let chunks: String = chunks.iter().map(|c| format!("{:X};e\r\n{c}\r\n", c.len())).collect();
            format!("Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\nt: 1\r\n\r\n")
        }),
    ];
    ("[A-Z]{1,5}", "/[!-\"$-~]{0,9}", fields, body).prop_map(|(method, target, fields, body)| {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}{body}").into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_laws_hold_for_what_resembles_messages(choice in any::<u8>(), mut bytes in likely()) {
        bytes.insert(0, choice);
        hold(&bytes);
    }

    #[test]
    fn a_cut_anywhere_changes_nothing(requests in prop::collection::vec(accepted(), 1..3)) {
        let bytes = requests.concat();
        let whole = read(Sender::Client, [&bytes[..]]);
        messages(&bytes, &whole);
        for at in 0..bytes.len() {
            let (first, second) = bytes.split_at(at);
            prop_assert_eq!(&whole, &read(Sender::Client, [first, second]), "cut at {}", at);
        }
    }
}

#[test]
fn one_empty_line_may_come_before_a_request_however_it_arrives() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (lines, ended) in [(0, Ended::Waits), (1, Ended::Waits), (2, Ended::Refused)] {
        let bytes = [&b"\r\n".repeat(lines)[..], request].concat();
        assert_eq!(read(Sender::Client, [&bytes[..]]).ended, ended, "{lines} at once");
        assert_eq!(read(Sender::Client, bytes.chunks(2)).ended, ended, "{lines} one by one");
    }
}
