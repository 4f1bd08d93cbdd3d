//! A client's HTTP/2 connection.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use hyper::{server::conn::http2::Builder, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{check, executor::Local, rewind::Rewind};
use crate::proxy::{body::Body, forward::Client, refusal::Refusal, wire::Wire, worker::Worker};

/// A client that does not answer a ping for this long is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const PING_EVERY: Duration = Duration::from_secs(30);
/// Bytes of one stream that may wait to be written: beyond, its endpoint is read no further.
const SEND_BUFFER: usize = 256 << 10;

/// Answers requests until the connection ends.
pub(crate) async fn serve(wire: Wire, client: Rc<Client>, worker: &Rc<Worker>) {
    let (io, read) = wire.into_parts();
    let io = TokioIo::new(Rewind::new(io, read));
    let streams = Rc::new(Cell::new(0usize));
    let service = service_fn(|request| {
        let stream = Stream::new(&streams);
        let (client, worker) = (Rc::clone(&client), Rc::clone(worker));
        async move {
            let response = answer(request, &client, &worker).await;
            drop(stream);
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(builder(worker).serve_connection(io, service));
    let deadline = worker.clock.deadline();
    let (mut ending, mut counted) = (false, usize::MAX);
    poll_fn(|cx| {
        if worker.is_draining() && !ending {
            ending = true;
            connection.as_mut().graceful_shutdown();
        }
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        // Idle only while no stream is open. Responses that are still being written count as traffic: hyper's
        // graceful shutdown lets them end.
        if streams.get() != counted {
            counted = streams.get();
            match counted {
                0 => deadline.set(worker.settings.timeouts.keep_alive),
                _ => deadline.clear(),
            }
        }
        if deadline.poll(cx).is_ready() {
            if std::mem::replace(&mut ending, true) {
                return Poll::Ready(());
            }
            connection.as_mut().graceful_shutdown();
            deadline.set(worker.settings.timeouts.keep_alive);
            let _ = deadline.poll(cx);
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
}

fn builder(worker: &Worker) -> Builder<Local> {
    let limits = &worker.settings.limits;
    let mut builder = Builder::new(Local);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_pending_accept_reset_streams(limits.pending_resets)
        .max_local_error_reset_streams(limits.pending_resets)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .auto_date_header(false);
    builder
}

async fn answer(
    request: http::Request<hyper::body::Incoming>,
    client: &Client,
    worker: &Rc<Worker>,
) -> http::Response<Body> {
    let (mut parts, body) = request.into_parts();
    match check::request(&mut parts) {
        Ok(asked) => {
            let body = Body::Http2(body, None);
            worker.answer(http::Request::from_parts(parts, body), asked, client, None).await
        }
        Err(malformed) => {
            let refusal = Refusal::malformed(malformed);
            worker.refused(&refusal);
            refusal.response(false)
        }
    }
}

/// Counts an open stream.
struct Stream(Rc<Cell<usize>>);

impl Stream {
    fn new(streams: &Rc<Cell<usize>>) -> Self {
        streams.set(streams.get() + 1);
        Self(Rc::clone(streams))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
