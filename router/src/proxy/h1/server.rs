//! A client's HTTP/1.1 connection: one request after the other, each answered before the next is read.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version, header};
use http_body::{Body as _, Frame};
use tokio::net::TcpStream;

use super::{
    chunked::ChunkLimits,
    framing::{Decoder, Framing},
    head::{self, Malformed, RequestHead, ResponseHead, Scan},
    incoming::{ClientBody, Incoming},
    tunnel::Tunnel,
    write::{self, Connection, Encoder},
};
use crate::proxy::{
    body::Body,
    clock::Deadline,
    forward::{Asked, Client},
    refusal::Refusal,
    wire::Wire,
    worker::Worker,
};

/// A client's connection, shared by the loop that answers and the request body that is read from it.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(super) wire: RefCell<Wire>,
    pub(super) body: RefCell<Incoming>,
    pub(super) reading: Deadline,
    writing: Deadline,
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

/// What HTTP/2 clients send first, RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// After this long without a request a connection gives its buffers back.
const SHRINK_AFTER: Duration = Duration::from_secs(2);
/// The most that is read, and how long, of what a client still sends when it has been refused: so that it reads why.
const LINGER_BYTES: usize = 256 << 10;
const LINGER: Duration = Duration::from_secs(1);

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
        if scan.is_at_start() && wire.input.starts_with(b"\r\n") {
            head::skip_empty_line(&mut wire.input);
            *scan = Scan::default();
        }
        let n = wire.input.len().min(PREFACE.len());
        if n >= 4 && wire.input[..n] == PREFACE[..n] {
            return Ok((n == PREFACE.len()).then_some(Next::Http2));
        }
        let Some(length) = scan.head(&wire.input, &self.worker.settings.limits)? else { return Ok(None) };
        let bytes = wire.input.split_to(length).freeze();
        head::request(bytes).map(|head| Some(Next::Request(head)))
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
        let limits = &self.worker.settings.limits;
        let limits = ChunkLimits { extensions: limits.chunk_extensions, trailers: limits.trailers };
        let decoder = Decoder::new(head.framing, limits);
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

    /// Writes a response; `false` if the connection cannot be used any more.
    async fn respond(&self, response: Response<Body>, about: About, keep: bool) -> io::Result<bool> {
        let (mut parts, mut body) = response.into_parts();
        let empty = body.is_end_stream();
        let framing =
            write::response_framing(parts.status, &mut parts.headers, empty, (&about.method, about.version));
        let keep = keep && framing != Framing::UntilClose;
        let connection = match (keep, about.version) {
            (false, _) => Connection::Close,
            (true, Version::HTTP_10) => Connection::KeepAlive,
            (true, _) => Connection::Default,
        };
        let chunked = framing == Framing::Chunked;
        write::response_head(
            self.wire.borrow_mut().output(),
            parts.status,
            &parts.headers,
            chunked,
            &connection,
        );
        let mut encoder = Encoder::new(framing);
        self.writing.set(self.worker.settings.timeouts.idle_body);
        poll_fn(|cx| self.poll_respond(cx, &mut body, &mut encoder)).await?;
        Ok(keep)
    }

    fn poll_respond(
        &self,
        cx: &mut Context<'_>,
        body: &mut Body,
        encoder: &mut Encoder,
    ) -> Poll<io::Result<()>> {
        let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
        loop {
            while !encoder.is_done() && !self.wire.borrow().is_full() {
                let frame = match Pin::new(&mut *body).poll_frame(cx) {
                    Poll::Ready(frame) => frame,
                    Poll::Pending => break,
                };
                let mut wire = self.wire.borrow_mut();
                match frame.transpose().map_err(io::Error::other)?.map(Frame::into_data) {
                    Some(Ok(data)) => encoder.data(&mut wire, data).map_err(wrong)?,
                    Some(Err(frame)) => {
                        encoder.end(&mut wire, frame.into_trailers().ok().as_ref()).map_err(wrong)?;
                    }
                    None => encoder.end(&mut wire, None).map_err(wrong)?,
                }
            }
            let mut wire = self.wire.borrow_mut();
            if wire.is_flushed() {
                return if encoder.is_done() { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            match wire.poll_flush(cx)? {
                Poll::Ready(()) => self.writing.set(self.worker.settings.timeouts.idle_body),
                Poll::Pending => {
                    ready!(self.writing.poll(cx));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
    }

    /// Passes a 1xx response on.
    pub(crate) fn interim(&self, head: &ResponseHead) {
        let mut wire = self.wire.borrow_mut();
        write::response_head(wire.output(), head.status, &head.fields, false, &Connection::Default);
    }

    /// Writes what waits; used for interim responses, which nothing else would push out.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        self.writing.set(self.worker.settings.timeouts.idle_body);
        let flushed = self.writing.guard(poll_fn(|cx| self.wire.borrow_mut().poll_flush(cx))).await;
        flushed.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Makes the connection a tunnel.
    async fn switch(&self, response: Response<Body>) -> io::Result<bool> {
        let (parts, body) = response.into_parts();
        let (Some(protocol), Body::Endpoint(exchange)) = (parts.headers.get(header::UPGRADE), body) else {
            return Ok(false);
        };
        let Some(mut upstream) = exchange.into_upstream() else { return Ok(false) };
        let mut fields = parts.headers.clone();
        fields.remove(header::UPGRADE);
        let about = Connection::Upgrade(protocol);
        write::response_head(self.wire.borrow_mut().output(), parts.status, &fields, false, &about);
        let mut tunnel = Tunnel::new(self.worker.settings.timeouts.idle_tunnel);
        poll_fn(|cx| tunnel.poll(&mut self.wire.borrow_mut(), &mut upstream.wire, &self.reading, cx))
            .await
            .map(|()| false)
    }

    /// Tells a client what is wrong with its bytes, and ends the connection.
    async fn refuse(&self, malformed: Malformed) -> io::Result<()> {
        let refusal = Refusal::malformed(malformed);
        self.worker.refused(&refusal);
        let about = About { method: Method::GET, version: Version::HTTP_11 };
        self.respond(refusal.response(false), about, false).await?;
        self.linger().await;
        Ok(())
    }

    /// Reads the rest of a request's body that nobody wanted, if it is short.
    async fn drain(self: &Rc<Self>) -> io::Result<bool> {
        let mut left = LINGER_BYTES;
        self.reading.set(LINGER);
        let mut body = ClientBody::new(self);
        while let Ok(Some(Ok(frame))) = self.reading.guard(poll_fn(|cx| body.poll_frame(cx))).await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
        if !self.body_is_done() {
            self.linger().await;
        }
        Ok(self.body_is_done())
    }

    /// Closes in an order in which a client that still sends can read our answer: RFC 9112 §9.6.
    async fn linger(&self) {
        self.reading.set(LINGER);
        let mut left = LINGER_BYTES;
        let closing = poll_fn(|cx| {
            let mut wire = self.wire.borrow_mut();
            let _ = ready!(wire.poll_shutdown(cx));
            while left > 0 {
                wire.input.clear();
                match ready!(wire.poll_fill(cx, false)) {
                    Ok(n) if n > 0 => left = left.saturating_sub(n),
                    _ => break,
                }
            }
            Poll::Ready(())
        });
        let _ = self.reading.guard(closing).await;
    }

    pub(super) fn body_is_done(&self) -> bool {
        self.body.borrow().decoder.is_done()
    }
}

struct About {
    method: Method,
    version: Version,
}
