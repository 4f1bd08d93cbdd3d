//! A client's HTTP/1.1 connection: one request after the other, each answered before the next is read.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::pin,
    rc::Rc,
    task::{Poll, ready},
    time::Duration,
};

use http::{Request, StatusCode, header};
use tokio::net::TcpStream;

use super::{
    chunked::ChunkLimits,
    framing::{Decoder, Framing},
    head::{self, Malformed, RequestHead},
    incoming::{ClientBody, Incoming},
    respond::About,
    scan::{Front, Scan},
};
use crate::proxy::{
    body::Body,
    clock::Deadline,
    forward::{Asked, Client},
    wire::Wire,
    worker::Worker,
};

/// A client's connection, shared by the loop that answers and the request body that is read from it.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(super) wire: RefCell<Wire>,
    pub(super) body: RefCell<Incoming>,
    pub(super) reading: Deadline,
    pub(super) writing: Deadline,
    pub(super) worker: Rc<Worker>,
}

/// How a connection's time with HTTP/1.1 ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It is closed, or to be closed.
    Closed,
    /// Its client speaks HTTP/2; what it has sent is still to be read.
    Http2(Wire),
}

/// After this long without a request a connection gives its buffers back.
const SHRINK_AFTER: Duration = Duration::from_secs(2);

/// Answers requests until the connection ends.
pub(crate) async fn serve(io: TcpStream, client: &Client, worker: &Rc<Worker>) -> Ended {
    let connection = Rc::new(ClientConnection::new(io, worker));
    loop {
        match connection.request().await {
            Ok(Next::Request(head)) => {
                if !connection.answer(head, client).await.unwrap_or(false) {
                    return Ended::Closed;
                }
            }
            Ok(Next::Http2) => {
                return match Rc::try_unwrap(connection) {
                    Ok(connection) => Ended::Http2(connection.wire.into_inner()),
                    Err(_) => Ended::Closed,
                };
            }
            Ok(Next::Malformed(malformed)) => {
                let _ = connection.refuse(malformed).await;
                return Ended::Closed;
            }
            Ok(Next::End) | Err(_) => return Ended::Closed,
        }
    }
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time, and a box would cost each request")]
enum Next {
    Request(RequestHead),
    Malformed(Malformed),
    Http2,
    End,
}

impl ClientConnection {
    fn new(io: TcpStream, worker: &Rc<Worker>) -> Self {
        let limits = ChunkLimits { extensions: 0, trailers: 0 };
        let decoder = Decoder::new(Framing::None, limits);
        Self {
            wire: RefCell::new(Wire::new(io)),
            body: RefCell::new(Incoming::new(decoder, 0)),
            reading: worker.clock.deadline(),
            writing: worker.clock.deadline(),
            worker: Rc::clone(worker),
        }
    }

    /// The next request's head.
    async fn request(&self) -> io::Result<Next> {
        if self.wire.borrow().input.is_empty() && !self.idle().await? {
            return Ok(Next::End);
        }
        self.reading.set(self.worker.settings.timeouts.request_head);
        let mut scan = Scan::default();
        loop {
            match self.scan(&mut scan) {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(malformed) => return Ok(Next::Malformed(malformed)),
            }
            match self.reading.guard(poll_fn(|cx| self.wire.borrow_mut().poll_fill(cx, false))).await {
                Ok(Ok(0)) => return Ok(Next::End),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    let what = "the request's head did not come in time";
                    return Ok(Next::Malformed(Malformed::other(StatusCode::REQUEST_TIMEOUT, what)));
                }
            }
        }
    }

    fn scan(&self, scan: &mut Scan) -> Result<Option<Next>, Malformed> {
        let mut wire = self.wire.borrow_mut();
        Ok(match scan.front(&mut wire.input, &self.worker.settings.limits)? {
            Some(Front::Head(bytes)) => Some(Next::Request(head::request(bytes)?)),
            Some(Front::Http2) => Some(Next::Http2),
            None => None,
        })
    }

    /// Waits for the first byte of a request; `false` if there will be none.
    async fn idle(&self) -> io::Result<bool> {
        self.reading.set(SHRINK_AFTER);
        let readable = || {
            poll_fn(|cx| match self.wire.borrow_mut().poll_fill(cx, false) {
                Poll::Pending if self.worker.is_draining() => Poll::Ready(Ok(0)),
                read => read,
            })
        };
        if let Ok(read) = self.reading.guard(readable()).await {
            return Ok(read? > 0);
        }
        self.wire.borrow_mut().shrink();
        self.reading.set(self.worker.settings.timeouts.keep_alive);
        match self.reading.guard(readable()).await {
            Ok(read) => Ok(read? > 0),
            Err(_) => Ok(false),
        }
    }

    /// Has a request answered; `false` if the connection ends with it.
    async fn answer(self: &Rc<Self>, head: RequestHead, client: &Client) -> io::Result<bool> {
        let keep = head.hop.persists(head.version);
        let about = About { method: head.method.clone(), version: head.version };
        let expects = head.fields.contains_key(header::EXPECT);
        let (request, asked) = self.take_body(head);
        let response = match self.unless_gone(self.worker.answer(request, asked, client, Some(self))).await? {
            Some(response) => response,
            None => return Ok(false),
        };
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return self.switch(response).await;
        }
        // A client that was not told to go on may or may not send its body: nobody can tell where the next request
        // would begin.
        let keep = keep && !self.worker.is_draining() && (!expects || self.body_is_done());
        let keep = self.respond(response, about, keep).await?;
        match keep && self.body_is_done() {
            true => Ok(true),
            false if keep => self.drain().await,
            false => {
                self.linger().await;
                Ok(false)
            }
        }
    }

    /// The request as it is handed on, its body read from here.
    fn take_body(self: &Rc<Self>, head: RequestHead) -> (Request<Body>, Asked) {
        let decoder = Decoder::new(head.framing, ChunkLimits::of(&self.worker.settings.limits));
        *self.body.borrow_mut() = Incoming::new(decoder, self.worker.clock.now());
        self.reading.set(self.worker.settings.timeouts.idle_body);
        let body = match head.framing {
            Framing::None => Body::Empty,
            _ => Body::Client(ClientBody::new(self)),
        };
        let mut request = Request::new(body);
        *request.method_mut() = head.method;
        *request.uri_mut() = head.uri;
        *request.version_mut() = head.version;
        *request.headers_mut() = head.fields;
        let upgrade = head.hop.upgrade.filter(|_| head.framing == Framing::None);
        (request, Asked { upgrade, trailers: head.hop.trailers })
    }

    /// What a future gives, unless the client goes away meanwhile.
    async fn unless_gone<F: Future>(&self, future: F) -> io::Result<Option<F::Output>> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(Some(output)));
            }
            // While a body comes in it is the body's reader who notices.
            let mut wire = self.wire.borrow_mut();
            while self.body_is_done() && wire.input.len() < self.worker.settings.limits.head {
                if ready!(wire.poll_fill(cx, false))? == 0 {
                    return Poll::Ready(Ok(None));
                }
            }
            Poll::Pending
        })
        .await
    }

    pub(super) fn body_is_done(&self) -> bool {
        self.body.borrow().decoder.is_done()
    }
}
