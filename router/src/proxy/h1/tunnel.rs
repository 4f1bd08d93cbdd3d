//! Two connections joined after an upgrade: bytes go through as they are, each side's end passed on.

use std::{
    io,
    task::{Context, Poll},
    time::Duration,
};

use crate::proxy::{clock::Deadline, wire::Wire};

/// Two joined connections.
#[derive(Debug)]
pub(super) struct Tunnel {
    idle: Duration,
    there: Flow,
    back: Flow,
}

/// One direction of a tunnel.
#[derive(Debug, Default)]
struct Flow {
    ended: bool,
    closed: bool,
}

impl Tunnel {
    pub(super) fn new(idle: Duration) -> Self {
        Self { idle, there: Flow::default(), back: Flow::default() }
    }

    /// Carries bytes both ways until both sides have ended, one breaks, or nothing has come for too long.
    pub(super) fn poll(
        &mut self,
        client: &mut Wire,
        endpoint: &mut Wire,
        deadline: &Deadline,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let there = self.there.poll(client, endpoint, cx)?;
        let back = self.back.poll(endpoint, client, cx)?;
        if self.there.closed && self.back.closed {
            return Poll::Ready(Ok(()));
        }
        if there || back || !deadline.is_set() {
            deadline.set(self.idle);
        }
        deadline.poll(cx).map(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Flow {
    /// Moves what can be moved, until reading and writing both wait; whether anything was.
    fn poll(&mut self, from: &mut Wire, to: &mut Wire, cx: &mut Context<'_>) -> io::Result<bool> {
        let mut moved = false;
        loop {
            if !from.input.is_empty() && !to.is_full() {
                let bytes = from.input.split().freeze();
                to.push(bytes, &[]);
                moved = true;
            }
            if !to.is_flushed() {
                match to.poll_flush(cx)? {
                    Poll::Ready(()) => continue,
                    Poll::Pending => return Ok(moved),
                }
            }
            if self.ended {
                if !self.closed && to.poll_shutdown(cx)?.is_ready() {
                    self.closed = true;
                }
                return Ok(moved);
            }
            match from.poll_fill(cx, false)? {
                Poll::Ready(0) => self.ended = true,
                Poll::Ready(_) => {}
                Poll::Pending => return Ok(moved),
            }
        }
    }
}
