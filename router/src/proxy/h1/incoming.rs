//! The body of a client's request, read from its connection when somebody asks for it.

use std::{
    io,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::Frame;

use super::{
    framing::{Decoder, Step},
    server::ClientConnection,
};
use crate::proxy::{body::BodyError, clock::ticks_in, wire::BULK, worker::Worker};

/// Slowness counts only after this.
const GRACE: Duration = Duration::from_secs(10);

/// The body of the request that is being answered.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) decoder: Decoder,
    began: u64,
    bytes: u64,
    /// The client waits to be told to go on, and nobody but us will tell it.
    waits: bool,
}

/// The body of a client's request; reading it reads the connection.
#[derive(Debug)]
pub(crate) struct ClientBody {
    connection: Rc<ClientConnection>,
}

impl ClientBody {
    pub(super) fn new(connection: &Rc<ClientConnection>) -> Self {
        Self { connection: Rc::clone(connection) }
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let connection = &*self.connection;
        let mut wire = connection.wire.borrow_mut();
        let mut body = connection.body.borrow_mut();
        if std::mem::take(&mut body.waits) {
            wire.output().extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        loop {
            match body.decoder.step(&mut wire.input).map_err(BodyError::Malformed) {
                Ok(Step::Data(data)) => {
                    body.bytes += data.len() as u64;
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Ok(Step::Trailers(trailers)) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Ok(Step::End) => return Poll::Ready(None),
                Ok(Step::Wait) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            if !wire.is_flushed() {
                let _ = wire.poll_flush(cx).map_err(BodyError::Io)?;
            }
            let bulk = body.decoder.left().is_none_or(|left| left > BULK as u64 / 4);
            match wire.poll_fill(cx, bulk).map_err(BodyError::Io)? {
                Poll::Ready(0) => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Poll::Ready(Some(Err(BodyError::Io(error))));
                }
                Poll::Ready(_) => {
                    connection.reading.set(connection.worker.settings.timeouts.idle_body);
                    if body.is_slow(&connection.worker) {
                        return Poll::Ready(Some(Err(BodyError::Slow)));
                    }
                }
                Poll::Pending => {
                    ready!(connection.reading.poll(cx));
                    return Poll::Ready(Some(Err(BodyError::Idle)));
                }
            }
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.connection.body_is_done()
    }

    pub(crate) fn left(&self) -> Option<u64> {
        self.connection.body.borrow().decoder.left()
    }

    /// Has the client told to go on once the body is first read, for an endpoint that will not do so.
    pub(crate) fn continue_when_read(&self) {
        self.connection.body.borrow_mut().waits = true;
    }
}

impl Incoming {
    pub(super) fn new(decoder: Decoder, began: u64) -> Self {
        Self { decoder, began, bytes: 0, waits: false }
    }

    /// Whether the body has come in slower than bodies must, on average. One that is sent a byte at a time would
    /// otherwise hold a connection to an endpoint for as long as its sender likes.
    fn is_slow(&self, worker: &Worker) -> bool {
        let ticks = worker.clock.now() - self.began;
        let grace = ticks_in(GRACE);
        let seconds = ticks.saturating_sub(grace) / ticks_in(Duration::from_secs(1));
        self.bytes < seconds * worker.settings.timeouts.body_rate
    }
}
