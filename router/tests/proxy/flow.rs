//! Time, retries, health, and the end.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    backend::{Backend, LIMIT},
    served::Served,
};

const GET: &str = "GET / HTTP/1.1\r\nHost: ledger\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 2\r\n\r\nhi";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// An address nobody listens on: its port was free a moment ago, and is kept from others by not being listened on.
fn nobody() -> (SocketAddr, socket2::Socket) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    (socket.local_addr().unwrap().as_socket().unwrap(), socket)
}

#[test]
fn a_refused_connection_is_tried_at_another_endpoint_whatever_the_method() {
    let (dead, _kept) = nobody();
    let backend = Backend::fixed(OK);
    let proxy = Served::ledger(&[dead, backend.address]);
    for request in [GET, POST, POST, GET, POST, GET, POST, POST, GET] {
        assert_eq!(proxy.client().ask(request).status, 200);
    }
    assert_eq!(backend.all().len(), 9);
    assert!(backend.all().iter().filter(|r| r.line().starts_with("POST")).all(|r| r.body == b"hi"));
}

#[test]
fn a_group_that_takes_no_connections_is_told_by_name() {
    let (dead, _kept) = nobody();
    let proxy = Served::ledger(&[dead]);
    let answer = proxy.client().ask(GET);
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (502, Some("dyeline::proxy::connect")));
    let text = answer.text();
    assert!(text.contains(&dead.to_string()) && text.contains("group online of ledger"), "{text}");
}

#[test]
fn only_idempotent_requests_without_a_body_are_sent_twice() {
    for (request, tries) in [
        (GET, 3),
        ("PUT / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0\r\n\r\n", 3),
        ("PUT / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 2\r\n\r\nhi", 1),
        ("POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 0\r\n\r\n", 1),
        (POST, 1),
    ] {
        let backend = Backend::new(|_, _| None);
        let proxy = Served::ledger(&[backend.address]);
        let answer = proxy.client().ask(request);
        assert_eq!((answer.status, answer.field("x-dyeline-error")), (502, Some("dyeline::proxy::closed")));
        assert_eq!(backend.all().len(), tries, "{request}");
    }
}

#[test]
fn retries_end_with_their_budget() {
    let backend = Backend::new(|_, _| None);
    let proxy = Served::with(&[backend.address], |settings| {
        settings.retries.reserve = 4.0;
        settings.retries.share = 0.0;
    });
    for _ in 0..10 {
        assert_eq!(proxy.client().ask(GET).status, 502);
    }
    assert_eq!(backend.all().len(), 10 + 4);
}

/// An endpoint closes a kept connection just as a request goes out on it: nobody's fault, and no retry of the budget.
#[test]
fn a_kept_connection_that_is_closed_is_replaced() {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let backend = Backend::new(move |_, io| {
        // The second request of each connection meets a closed door.
        if count.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
            return None;
        }
        io.write_all(OK.as_bytes()).ok()
    });
    let proxy = Served::with(&[backend.address], |settings| {
        settings.retries.reserve = 0.0;
        settings.retries.share = 0.0;
    });
    let mut client = proxy.client();
    for _ in 0..5 {
        assert_eq!(client.ask(GET).status, 200);
    }
    assert_eq!(served.load(Ordering::SeqCst), 9);
}

#[test]
fn an_endpoint_that_fails_again_and_again_is_left_out() {
    let bad = Backend::fixed("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n");
    let good = Backend::fixed(OK);
    let rules = format!(
        "version = 1\n[services.ledger]\nonline = [\"http://{}\", \"http://{}\"]\n\
         [services.ledger.health]\nfailures = 3\nbackoff = \"60s..120s\"\n",
        bad.address, good.address
    );
    let proxy = Served::rules(&rules, |_| {});
    let mut client = proxy.client();
    let statuses: Vec<u16> = (0..200).map(|_| client.ask(GET).status).collect();
    let failed = statuses.iter().filter(|status| **status == 500).count();
    assert_eq!((failed, bad.all().len()), (3, 3), "{statuses:?}");
}

#[test]
fn an_endpoint_that_does_not_answer_is_given_up() {
    let backend = Backend::new(|_, io| {
        let _ = io.read(&mut [0; 1]);
        None
    });
    let proxy = Served::with(&[backend.address], |s| s.timeouts.response_head = Duration::from_millis(300));
    let began = Instant::now();
    let answer = proxy.client().ask(GET);
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (504, Some("dyeline::proxy::silent")));
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(backend.all().len(), 1, "what an endpoint is busy with is not asked again");
}

#[test]
fn an_answer_that_stops_is_cut() {
    let backend = Backend::new(|_, io| {
        io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").unwrap();
        let _ = io.read(&mut [0; 1]);
        None
    });
    let proxy = Served::with(&[backend.address], |s| s.timeouts.idle_body = Duration::from_millis(300));
    let mut client = proxy.client();
    client.send(GET);
    assert!(client.answer().is_none());
}

#[test]
fn a_whole_exchange_may_be_limited() {
    let backend = Backend::new(|_, io| {
        io.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let (_never, wait) = mpsc::channel::<()>();
        while io.write_all(b"1\r\nx\r\n").is_ok() {
            let _ = wait.recv_timeout(Duration::from_millis(50));
        }
        None
    });
    let proxy = Served::with(&[backend.address], |s| s.timeouts.request = Some(Duration::from_millis(500)));
    let mut client = proxy.client();
    let began = Instant::now();
    client.send(GET);
    assert!(client.answer().is_none());
    assert!(began.elapsed() >= Duration::from_millis(500) && began.elapsed() < LIMIT);
}

#[test]
fn a_head_sent_byte_by_byte_is_not_waited_for() {
    let backend = Backend::fixed(OK);
    let proxy = Served::with(&[backend.address], |s| s.timeouts.request_head = Duration::from_millis(500));
    let mut client = proxy.client();
    let (_never, wait) = mpsc::channel::<()>();
    let mut sent = 0;
    for byte in GET.bytes().cycle().filter(|b| *b != b'\n') {
        if !client.try_send([byte]) || sent > 400 {
            break;
        }
        sent += 1;
        let _ = wait.recv_timeout(Duration::from_millis(20));
        if client.io.set_nonblocking(true).is_ok() && client.io.peek(&mut [0]).is_ok() {
            break;
        }
        client.io.set_nonblocking(false).unwrap();
    }
    client.io.set_nonblocking(false).unwrap();
    let answer = client.answer().unwrap();
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (408, Some("dyeline::proxy::slow_request")));
    assert!(sent < 100, "{sent} bytes were waited for");
    assert!(backend.all().is_empty());
}

#[test]
fn a_body_that_stops_is_not_waited_for() {
    let backend = Backend::fixed(OK);
    let proxy = Served::with(&[backend.address], |s| s.timeouts.idle_body = Duration::from_millis(300));
    let answer = proxy.client().ask("POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 10\r\n\r\nhello");
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (408, Some("dyeline::proxy::slow_request")));
    assert!(backend.all().is_empty());
}

#[test]
fn idle_connections_end() {
    let backend = Backend::fixed(OK);
    let proxy = Served::with(&[backend.address], |s| s.timeouts.keep_alive = Duration::from_millis(200));
    let mut client = proxy.client();
    client.ask(GET);
    assert!(client.is_ended());
}

#[test]
fn as_many_connections_to_an_endpoint_as_are_allowed() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let backend = Backend::new(move |_, io| {
        let _ = wait.lock().unwrap().recv();
        io.write_all(OK.as_bytes()).ok()
    });
    let proxy = Served::with(&[backend.address], |s| {
        s.pool.connections = 1;
        s.timeouts.connect = Duration::from_millis(300);
    });
    let mut first = proxy.client();
    first.send(GET);
    backend.next();
    let answer = proxy.client().ask(POST);
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (503, Some("dyeline::proxy::busy")));
    let mut second = proxy.client();
    second.send(GET);
    go.send(()).unwrap();
    go.send(()).unwrap();
    assert_eq!(first.answer().unwrap().status, 200);
    assert_eq!(second.answer().unwrap().status, 200);
    assert_eq!(backend.connections(), 1);
}

#[test]
fn a_client_that_leaves_ends_the_call_it_made() {
    let (told, ended) = mpsc::channel();
    let backend = Backend::new(move |_, io| {
        told.send(io.read(&mut [0; 1]).unwrap_or(0)).unwrap();
        None
    });
    let proxy = Served::ledger(&[backend.address]);
    let mut client = proxy.client();
    client.send(GET);
    backend.next();
    drop(client);
    assert_eq!(ended.recv_timeout(LIMIT).unwrap(), 0);
}

#[test]
fn the_end_waits_for_what_runs() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let backend = Backend::new(move |received, io| {
        if received.line().contains("/slow") {
            let _ = wait.lock().unwrap().recv();
        }
        io.write_all(OK.as_bytes()).ok()
    });
    let proxy = Served::ledger(&[backend.address]);
    let (mut idle, mut busy) = (proxy.client(), proxy.client());
    idle.ask(GET);
    busy.send("GET /slow HTTP/1.1\r\nHost: ledger\r\n\r\n");
    backend.next();
    backend.next();
    let address = proxy.address();
    proxy.stop();
    assert!(idle.is_ended(), "an idle connection ends at once");
    go.send(()).unwrap();
    let answer = busy.answer().unwrap();
    assert_eq!((answer.status, answer.field("connection")), (200, Some("close")));
    assert!(busy.is_ended());
    proxy.join();
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let backend = Backend::new(|_, io| {
        let _ = io.read(&mut [0; 1]);
        None
    });
    let proxy = Served::with(&[backend.address], |s| s.timeouts.drain = Duration::from_millis(300));
    let mut client = proxy.client();
    client.send(GET);
    backend.next();
    proxy.stop();
    proxy.join();
    assert!(client.answer().is_none());
}

/// Many threads, each with sockets of its own, one address.
#[test]
fn threads_share_an_address() {
    let backend = Backend::fixed(OK);
    let proxy = Served::with(&[backend.address], |s| s.threads = 3);
    let address = proxy.address();
    let clients: Vec<_> = (0..24)
        .map(|_| {
            thread::spawn(move || {
                let mut client = crate::raw::Raw::to(address);
                (0..20).filter(|_| client.ask(GET).status == 200).count()
            })
        })
        .collect();
    assert_eq!(clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>(), 480);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let live = crate::served::live("version = 1\n[services.ledger]\nonline = \"http://localhost:1\"\n");
    let error = dyeline_router::proxy::Server::start(dyeline_router::proxy::Settings::new(address), live);
    let error = error.expect_err("the address is taken");
    assert_eq!(error.to_string(), format!("failed to listen on {address}"));
    assert_eq!(miette::Diagnostic::code(&error).unwrap().to_string(), "dyeline::proxy::listen");
}
