//! The laws themselves.

use http::Method;

use super::{
    connection::{Ended, Message, Messages, Sender, Start, read},
    plain::{self, PlainFraming, PlainHead},
};
use crate::proxy::h1::{
    framing::Framing,
    write::{self, Connection},
};

/// Asserts of any bytes that they are read the same in whatever pieces they come, and that what is taken for a message
/// is what a plain reader takes for one, before and after it is written anew.
///
/// The first byte chooses who sends, and where the rest is cut in two.
///
/// # Panics
/// When a law does not hold.
pub fn hold(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let sender = if choice & 1 == 0 { Sender::Client } else { Sender::Endpoint };
    let whole = read(sender, [bytes]);
    let (first, second) = bytes.split_at(usize::from(choice >> 1).min(bytes.len()));
    assert_eq!(whole, read(sender, [first, second]), "cut at {}", first.len());
    assert_eq!(whole, read(sender, bytes.chunks(1)), "byte by byte");
    messages(bytes, &whole);
}

/// Each message, beside the bytes it was read from.
pub(super) fn messages(bytes: &[u8], read: &Messages) {
    for message in &read.messages {
        let [begin, body, end] = message.places;
        let came = plain::head(&bytes[begin..body]);
        let came = came.unwrap_or_else(|| unreadable(&bytes[begin..body]));
        head_is_the_same(message, &came);
        if end > 0 {
            body_is_the_same(message, &bytes[body..], end - body);
        }
    }
    assert!(read.ended != Ended::Waits || read.taken <= bytes.len());
}

fn head_is_the_same(message: &Message, came: &PlainHead) {
    let mut written = Vec::new();
    let chunked = message.framing == Framing::Chunked;
    let line = match &message.start {
        Start::Request(method, uri) => {
            let head = (method, uri, &message.fields);
            write::request_head(&mut written, head, chunked, message.te, message.upgrade.as_ref());
            [came.line[0].clone(), in_origin_form(&came.line[1]), b"HTTP/1.1".to_vec()]
        }
        Start::Response(status) => {
            let about = Connection::Default;
            write::response_head(&mut written, *status, &message.fields, chunked, &about);
            let reason = status.canonical_reason().unwrap_or_default();
            [b"HTTP/1.1".to_vec(), came.line[1].clone(), reason.as_bytes().to_vec()]
        }
    };
    let went = plain::head(&written).unwrap_or_else(|| unreadable(&written));
    assert_eq!(went.line, line);
    assert_eq!(went.end_to_end(), came.end_to_end());
    if let Start::Request(method, _) = &message.start {
        assert!(*method != Method::CONNECT && *method != Method::TRACE);
        assert_eq!(went.framing(), came.framing());
        assert_eq!(went.fields.get("host"), came.fields.get("host"));
        let framing = match came.framing() {
            Some(PlainFraming::Chunked) => Framing::Chunked,
            Some(PlainFraming::Length(0)) | None => Framing::None,
            Some(PlainFraming::Length(length)) => Framing::Length(length),
        };
        assert_eq!(message.framing, framing);
    }
}

fn body_is_the_same(message: &Message, bytes: &[u8], length: usize) {
    match message.framing {
        Framing::None => assert_eq!((&message.body[..], length), (&b""[..], 0)),
        Framing::Length(_) | Framing::UntilClose => assert_eq!(message.body, bytes[..length]),
        Framing::Chunked => assert_eq!(plain::chunked(bytes), Some((message.body.clone(), length))),
    }
    if let Framing::Length(announced) = message.framing {
        assert_eq!(announced, length as u64);
    }
}

/// What stands behind the authority of an absolute target, RFC 9112 §3.2.1.
fn in_origin_form(target: &[u8]) -> Vec<u8> {
    if target.starts_with(b"/") || target == b"*" {
        return target.to_vec();
    }
    let after = target.get(b"http://".len()..).unwrap_or_default();
    let path = after.iter().position(|b| b"/?".contains(b)).map_or(&b""[..], |at| &after[at..]);
    match path {
        [b'/', ..] => path.to_vec(),
        _ => [b"/", path].concat(),
    }
}

#[expect(clippy::panic, reason = "a law that does not hold")]
fn unreadable(head: &[u8]) -> PlainHead {
    panic!("a plain reader finds no head in {:?}", head.escape_ascii().to_string())
}
