//! One exchange with an endpoint: a request goes out while its response comes in, in whatever task asks for either.

use std::{
    fmt,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, StatusCode, request};
use http_body::Frame;

use super::{
    chunked::ChunkLimits,
    framing::{Decoder, Framing, Step},
    head::{self, Malformed, ResponseHead},
    outgoing::{Outgoing, Outward, request_framing},
    scan::Scan,
    upstream::{Failure, Upstream},
    write,
};
use crate::proxy::{
    body::{Body, BodyError},
    ongoing::Ongoing,
    pool::Home,
    wire::BULK,
};

/// Responses of the kind 1xx to one request. More are no interim responses but a flood.
const MOST_INTERIM: u32 = 16;

/// A request and its response on one connection.
pub(crate) struct Exchange {
    /// `None` once the connection has been given back.
    upstream: Option<Box<Upstream>>,
    home: Rc<Home>,
    method: Method,
    request: Option<Outgoing>,
    scan: Scan,
    interim: u32,
    decoder: Decoder,
    keep: bool,
    /// The call, once it was answered.
    ongoing: Option<Ongoing>,
}

impl Exchange {
    /// Puts a request's head on the wire; nothing is written yet.
    ///
    /// # Errors
    /// When the request's fields and its body disagree about its length.
    pub(crate) fn start(
        mut upstream: Box<Upstream>,
        home: Rc<Home>,
        parts: &request::Parts,
        body: Body,
        about: &Outward<'_>,
    ) -> Result<Self, Malformed> {
        let framing = request_framing(&parts.headers, &body)?;
        let chunked = framing == Framing::Chunked;
        let line = (&parts.method, &parts.uri, &parts.headers);
        write::request_head(upstream.wire.output(), line, chunked, about.trailers, about.upgrade);
        upstream.deadline.cap(home.timeouts.request);
        upstream.deadline.set(home.timeouts.response_head);
        let limits = ChunkLimits::of(&home.limits);
        Ok(Self {
            upstream: Some(upstream),
            home,
            method: parts.method.clone(),
            request: Outgoing::new(body, framing),
            scan: Scan::default(),
            interim: 0,
            decoder: Decoder::new(Framing::None, limits),
            keep: false,
            ongoing: None,
        })
    }

    /// Writes the request as far as it goes, and reads the next response head.
    pub(crate) fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHead, Failure>> {
        // An endpoint may answer, and close, before it has read everything: its answer counts.
        let written = match self.poll_request(cx) {
            Poll::Ready(Err(failure @ Failure::Request(_))) => return Poll::Ready(Err(failure)),
            written => written,
        };
        let Some(upstream) = self.upstream.as_deref_mut() else {
            return Poll::Ready(Err(Failure::Closed));
        };
        loop {
            match self.scan.head(&upstream.wire.input, &self.home.limits) {
                Ok(Some(length)) => {
                    let head = upstream.wire.input.split_to(length).freeze();
                    self.scan = Scan::default();
                    return Poll::Ready(self.received(head).map_err(Failure::Malformed));
                }
                Ok(None) => {}
                Err(malformed) => return Poll::Ready(Err(Failure::Malformed(malformed))),
            }
            match upstream.wire.poll_fill(cx, false) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(written_or_closed(written))),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(Failure::Io(error))),
                Poll::Pending => {
                    return upstream.deadline.poll(cx).map(|_| Err(Failure::Silent));
                }
            }
        }
    }

    fn received(&mut self, bytes: Bytes) -> Result<ResponseHead, Malformed> {
        let head = head::response(bytes, &self.method)?;
        if head.status.is_informational() && head.status != StatusCode::SWITCHING_PROTOCOLS {
            self.interim += 1;
            return match self.interim > MOST_INTERIM {
                true => Err(Malformed::bad("there are too many interim responses")),
                false => Ok(head),
            };
        }
        let switches = head.status == StatusCode::SWITCHING_PROTOCOLS;
        self.keep = head.hop.persists(head.version) && head.framing != Framing::UntilClose && !switches;
        self.decoder = Decoder::new(head.framing, ChunkLimits::of(&self.home.limits));
        if let Some(upstream) = &mut self.upstream {
            upstream.deadline.set(self.home.timeouts.idle_body);
            // A second less, so that we are the first to close and no request meets a closed connection.
            let announced = head.hop.idle_s.map(|s| Duration::from_secs(s.saturating_sub(1)));
            upstream.idle_for = upstream.idle_for.min(announced.unwrap_or(Duration::MAX));
        }
        self.finish();
        Ok(head)
    }

    /// Moves the request's body on. Ready once all of it has been written.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Some(upstream) = self.upstream.as_deref_mut() else { return Poll::Ready(Ok(())) };
        loop {
            let mut waits = false;
            while let Some(outgoing) = self.request.as_mut().filter(|_| !upstream.wire.is_full()) {
                match outgoing.poll(&mut upstream.wire, cx) {
                    Poll::Ready(Ok(true)) => {
                        self.request = None;
                        upstream.deadline.set(self.home.timeouts.response_head);
                    }
                    Poll::Ready(Ok(false)) => upstream.deadline.set(self.home.timeouts.idle_body),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(Failure::Request(error))),
                    Poll::Pending => {
                        waits = true;
                        break;
                    }
                }
            }
            if upstream.wire.is_flushed() {
                if !waits {
                    return Poll::Ready(Ok(()));
                }
                // It is the client who keeps us waiting, and its connection has a deadline of its own.
                upstream.deadline.clear();
                return Poll::Pending;
            }
            ready!(upstream.wire.poll_flush(cx)).map_err(Failure::Io)?;
        }
    }

    /// The next piece of the response's body.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.request.is_some()
            && let Poll::Ready(Err(Failure::Request(error))) = self.poll_request(cx)
        {
            return Poll::Ready(Some(Err(error)));
        }
        loop {
            let Some(upstream) = self.upstream.as_deref_mut() else { return Poll::Ready(None) };
            match self.decoder.step(&mut upstream.wire.input) {
                Ok(Step::Data(data)) => {
                    self.finish();
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Ok(Step::Trailers(trailers)) => {
                    self.finish();
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                Ok(Step::End) => {
                    self.finish();
                    return Poll::Ready(None);
                }
                Ok(Step::Wait) => {}
                Err(malformed) => return self.broken(BodyError::Malformed(malformed)),
            }
            let bulk = self.decoder.left().is_none_or(|left| left > BULK as u64 / 4);
            match upstream.wire.poll_fill(cx, bulk) {
                Poll::Ready(Ok(0)) => match self.decoder.end_of_input() {
                    Ok(()) => self.upstream = None,
                    Err(malformed) => return self.broken(BodyError::Malformed(malformed)),
                },
                Poll::Ready(Ok(_)) => upstream.deadline.set(self.home.timeouts.idle_body),
                Poll::Ready(Err(error)) => return self.broken(BodyError::Io(error)),
                Poll::Pending => {
                    ready!(upstream.deadline.poll(cx));
                    return self.broken(BodyError::Idle);
                }
            }
        }
    }

    fn broken<T>(&mut self, error: BodyError) -> Poll<Option<Result<T, BodyError>>> {
        self.upstream = None;
        self.ongoing.iter_mut().for_each(Ongoing::broke);
        Poll::Ready(Some(Err(error)))
    }

    /// Gives the connection back once both messages are through, unless anything about it is in doubt.
    fn finish(&mut self) {
        if !self.decoder.is_done() {
            return;
        }
        if let Some(upstream) = self.upstream.take_if(|_| self.keep) {
            let clean = self.request.is_none()
                && upstream.wire.is_flushed()
                // Bytes nobody asked for would be taken for the next response.
                && upstream.wire.input.is_empty();
            if clean {
                self.home.give_back(upstream);
            }
        }
    }

    /// Has the call last until the response does.
    pub(crate) fn holds(&mut self, ongoing: Ongoing) {
        self.ongoing = Some(ongoing);
    }

    /// Whether the response has been read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.decoder.is_done()
    }

    /// Bytes of the response's body that are left, if that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.decoder.left()
    }

    /// Whether the connection had served others before this exchange.
    pub(crate) fn is_reused(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.reused)
    }

    /// The connection, after the endpoint has switched protocols.
    pub(crate) fn into_upstream(self) -> Option<Box<Upstream>> {
        self.upstream
    }
}

fn written_or_closed(written: Poll<Result<(), Failure>>) -> Failure {
    match written {
        Poll::Ready(Err(failure)) => failure,
        Poll::Ready(Ok(())) | Poll::Pending => Failure::Closed,
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}
