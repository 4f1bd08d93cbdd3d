//! What a client is sent: responses, interim ones, refusals, the end of its connection.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Response, Version, header};
use http_body::{Body as _, Frame};

use super::{
    framing::Framing,
    head::{Malformed, ResponseHead},
    incoming::ClientBody,
    server::ClientConnection,
    tunnel::Tunnel,
    write::{self, Connection, Encoder},
};
use crate::proxy::{body::Body, refusal::Refusal};

/// The most that is read, and how long, of what a client still sends when it has been refused: so that it reads why.
const LINGER_BYTES: usize = 256 << 10;
const LINGER: Duration = Duration::from_secs(1);

/// What a response's head depends on in its request.
pub(super) struct About {
    pub(super) method: Method,
    pub(super) version: Version,
}

impl ClientConnection {
    /// Writes a response; `false` if the connection cannot be used any more.
    pub(super) async fn respond(
        &self,
        response: Response<Body>,
        about: About,
        keep: bool,
    ) -> io::Result<bool> {
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
    pub(super) async fn switch(&self, response: Response<Body>) -> io::Result<bool> {
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
    pub(super) async fn refuse(&self, malformed: Malformed) -> io::Result<()> {
        let refusal = Refusal::malformed(malformed);
        self.worker.refused(&refusal);
        let about = About { method: Method::GET, version: Version::HTTP_11 };
        self.respond(refusal.response(false), about, false).await?;
        self.linger().await;
        Ok(())
    }

    /// Reads the rest of a request's body that nobody wanted, if it is short.
    pub(super) async fn drain(self: &Rc<Self>) -> io::Result<bool> {
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
    pub(super) async fn linger(&self) {
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
}
