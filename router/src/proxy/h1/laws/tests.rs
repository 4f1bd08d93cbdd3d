//! The laws, for bytes that resemble messages more than a fuzzer's first ones do.

use proptest::prelude::*;

use super::{
    connection::{Ended, Sender, read},
    hold,
    hold::messages,
};

const STARTS: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST /a?b HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://a HTTP/1.1\r\n",
    "GET http://a?q HTTP/1.0\r\n",
    "\r\nGET / HTTP/1.1\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 204\r\n",
    "HTTP/1.0 304 x\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

const FIELDS: &[&str] = &[
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
];

const BODIES: &[&str] = &[
    "",
    "abc",
    "0\r\n\r\n",
    "3\r\nabc\r\n0\r\n\r\n",
    "3;x=y\r\nabc\r\n0\r\n\r\n",
    "0003\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
    "3 \r\nabc\r\n0\r\n\r\n",
    "fffffffffffffffff\r\n",
    "0\r\nContent-Length: 3\r\n\r\n",
];

/// A message, and in some of them a fault: a byte that is missing, or others that came between.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let fields = prop::collection::vec(prop::sample::select(FIELDS), 0..4);
    let select = prop::sample::select::<&str>;
    let fault = (
        any::<prop::sample::Index>(),
        prop::sample::select(&["", " ", "\r", "\n", "\r\n", ":", "1", "\0"][..]),
    );
    let message = (select(STARTS), fields, select(BODIES), prop::option::of(fault));
    message.prop_map(|(start, fields, body, fault)| {
        let mut bytes = format!("{start}Host: a\r\n{}\r\n{body}", fields.concat()).into_bytes();
        if let Some((at, put)) = fault {
            let at = at.index(bytes.len());
            bytes.splice(at..=at, put.bytes());
        }
        bytes
    })
}

/// A request nothing is wrong with, and its body.
fn accepted() -> impl Strategy<Value = (String, String)> {
    let fields = prop::collection::vec(("[a-c]{1,2}", "[ -~\t]{0,6}"), 0..4);
    let body = prop_oneof![
        Just(("\r\n".to_owned(), String::new())),
        "[a-z]{0,9}".prop_map(|text| (format!("Content-Length: {}\r\n\r\n{text}", text.len()), text)),
        prop::collection::vec("[a-z]{1,20}", 0..3).prop_map(|chunks| {
            let coded: String = chunks.iter().map(|c| format!("{:X};e\r\n{c}\r\n", c.len())).collect();
            (format!("Transfer-Encoding: chunked\r\n\r\n{coded}0\r\nt: 1\r\n\r\n"), chunks.concat())
        }),
    ];
    ("GET|PUT|POST|A", "/[a-z0-9/?=&%.:@!]{0,9}", fields, body).prop_map(
        |(method, target, fields, (coded, body))| {
            let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            (format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}{coded}"), body)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_laws_hold_for_what_resembles_messages(choice in any::<u8>(), mut bytes in likely()) {
        bytes.insert(0, choice);
        hold(&bytes);
    }

    #[test]
    fn what_is_right_is_read_whole_wherever_it_is_cut(requests in prop::collection::vec(accepted(), 1..3)) {
        let (bytes, bodies): (Vec<String>, Vec<String>) = requests.into_iter().unzip();
        let bytes = bytes.concat().into_bytes();
        let whole = read(Sender::Client, [&bytes[..]]);
        messages(&bytes, &whole);
        prop_assert_eq!((&whole.ended, whole.taken), (&Ended::Waits, bytes.len()));
        let found: Vec<&[u8]> = whole.messages.iter().map(|message| &message.body[..]).collect();
        prop_assert_eq!(found, bodies.iter().map(String::as_bytes).collect::<Vec<_>>());
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
