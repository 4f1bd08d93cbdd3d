//! What HTTP/2 lets a client send for nothing: none of it may cost memory, or calls to endpoints, without a limit.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{backend::Backend, served::Served};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `GET http://ledger/`, in HPACK: indexed fields, and a literal authority that is not indexed.
const GET: &[u8] = b"\x82\x86\x84\x01\x06ledger";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

struct Flood {
    io: TcpStream,
}

impl Flood {
    fn at(proxy: &Served) -> Self {
        let mut io = TcpStream::connect(proxy.address()).unwrap();
        io.set_read_timeout(Some(crate::backend::LIMIT)).unwrap();
        io.write_all(PREFACE).unwrap();
        io.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
        Self { io }
    }

    /// Sends frames until the other side has had enough of them; how many it took.
    fn send(&mut self, frames: impl Iterator<Item = Vec<u8>>) -> usize {
        frames.take_while(|frame| self.io.write_all(frame).is_ok()).count()
    }

    /// What the other side sends until it closes: whether it said goodbye, and with which error.
    fn goaway(&mut self) -> Option<u32> {
        let mut error = None;
        let mut head = [0; 9];
        while self.io.read_exact(&mut head).is_ok() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            if self.io.read_exact(&mut payload).is_err() {
                break;
            }
            if head[3] == GOAWAY {
                error = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
            }
        }
        error
    }
}

/// CVE-2023-44487.
#[test]
fn streams_that_are_reset_at_once_end_the_connection() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let backend = Backend::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        None
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut flood = Flood::at(&proxy);
    flood.send((0..20_000u32).map(|n| {
        let stream = 2 * n + 1;
        let mut both = frame(HEADERS, END_STREAM | END_HEADERS, stream, GET);
        both.extend(frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()));
        both
    }));
    assert_ne!(flood.goaway(), Some(0), "it said goodbye as if nothing had happened");
    assert!(calls.load(Ordering::SeqCst) < 2_000, "{} calls were made", calls.load(Ordering::SeqCst));
    assert_alive(&proxy);
}

#[test]
fn fields_without_an_end_end_the_connection() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let mut flood = Flood::at(&proxy);
    let mut field = b"\x00\x01x\x7f\x81\x7e".to_vec();
    field.extend([b'a'; 253]);
    let piece = field.repeat(60);
    let begin = frame(HEADERS, END_STREAM, 1, GET);
    let taken =
        flood.send(std::iter::once(begin).chain((0..20_000).map(|_| frame(CONTINUATION, 0, 1, &piece))));
    assert!(flood.goaway().is_some_and(|error| error != 0) || taken < 20_000, "{taken} frames were taken");
    assert!(backend.all().is_empty());
    assert_alive(&proxy);
}

#[test]
fn a_field_section_over_the_limit_is_refused() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    let mut flood = Flood::at(&proxy);
    let mut fields = GET.to_vec();
    for _ in 0..200 {
        fields.extend(b"\x00\x01x\x7f\x81\x7e");
        fields.extend([b'a'; 254]);
    }
    let (first, rest) = fields.split_at(10_000);
    let mut pieces = vec![frame(HEADERS, END_STREAM, 1, first)];
    let count = rest.chunks(10_000).count();
    for (at, piece) in rest.chunks(10_000).enumerate() {
        let flags = if at + 1 == count { END_HEADERS } else { 0 };
        pieces.push(frame(CONTINUATION, flags, 1, piece));
    }
    flood.send(pieces.into_iter());
    // It may have ended the connection before it had all of it.
    let _ = flood.io.shutdown(std::net::Shutdown::Write);
    flood.goaway();
    assert!(backend.all().is_empty(), "{:#?}", backend.all());
    assert_alive(&proxy);
}

/// Answers to settings and pings must not pile up for a client that does not read them.
#[test]
fn settings_and_pings_that_are_not_read_are_not_answered_for_ever() {
    let backend = Backend::fixed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let proxy = Served::ledger(&[backend.address]);
    for one in [frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]), frame(PING, 0, 0, &[7; 8])] {
        let mut flood = Flood::at(&proxy);
        flood.io.set_write_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
        let many = one.repeat(10_000);
        let taken = flood.send((0..4_000).map(|_| many.clone()));
        assert!(taken < 4_000, "{} MB were taken", taken * many.len() / 1_000_000);
    }
    assert_alive(&proxy);
}

#[test]
fn no_more_streams_than_allowed_are_open_at_once() {
    let (_go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let backend = Backend::new(move |_, _| {
        let _ = wait.lock().unwrap().recv_timeout(crate::backend::LIMIT);
        None
    });
    let proxy = Served::with(&[backend.address], |s| s.limits.streams = 10);
    let mut flood = Flood::at(&proxy);
    // A few more than allowed are refused; many more would end the connection.
    flood.send((0..25u32).map(|n| frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, GET)));
    for _ in 0..10 {
        backend.next();
    }
    assert_alive_elsewhere(&proxy);
    assert!(backend.all().len() <= 10, "{}", backend.all().len());
}

fn assert_alive(proxy: &Served) {
    let answer = proxy.client().ask("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n");
    assert_eq!(answer.status, 421, "the proxy still answers others");
}

/// The same, after what was sent before has been looked at: both are served by one thread.
fn assert_alive_elsewhere(proxy: &Served) {
    for _ in 0..10 {
        assert_alive(proxy);
    }
}
