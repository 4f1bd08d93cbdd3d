//! A socket with what has been read from it and what waits to be written to it.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWrite},
    net::TcpStream,
};

/// Room made for a read. A head fits in most cases; a large body is read in pieces of [`BULK`].
const ROOM: usize = 8 << 10;
/// Below this much room a buffer is grown before it is read into.
const LEAST_ROOM: usize = 2 << 10;
/// Room made for a body known to be large.
pub(crate) const BULK: usize = 64 << 10;
/// Pieces up to this size are copied beside the head, so that both leave in one call; larger ones are written from
/// where they lie.
const COPIED: usize = 8 << 10;

/// A connection's two directions.
#[derive(Debug)]
pub(crate) struct Wire {
    io: TcpStream,
    /// What was read and not taken yet.
    pub(crate) input: BytesMut,
    /// What is to be written first.
    output: Vec<u8>,
    written: usize,
    /// What is to be written after `output`, without a copy.
    large: Bytes,
    /// What follows `large`.
    tail: &'static [u8],
}

impl Wire {
    pub(crate) fn new(io: TcpStream) -> Self {
        Self { io, input: BytesMut::new(), output: Vec::new(), written: 0, large: Bytes::new(), tail: &[] }
    }

    /// Reads once, with room for at least some bytes; 0 is the end.
    pub(crate) fn poll_fill(&mut self, cx: &mut Context<'_>, bulk: bool) -> Poll<io::Result<usize>> {
        // Room is made when there is something to read, so that a connection that waits holds none.
        ready!(self.io.poll_read_ready(cx))?;
        if self.input.capacity() - self.input.len() < LEAST_ROOM {
            self.input.reserve(if bulk { BULK } else { ROOM });
        }
        pin!(self.io.read_buf(&mut self.input)).poll(cx)
    }

    /// Whether something, or the end, can be read. Reads nothing.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.poll_read_ready(cx)
    }

    /// Gives back the memory of empty buffers.
    pub(crate) fn shrink(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if self.output.is_empty() {
            self.output = Vec::new();
        }
    }

    /// Where heads are written; only while [`Wire::is_full`] is false.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Puts a piece of a body, and what ends it, behind what waits.
    pub(crate) fn push(&mut self, piece: Bytes, tail: &'static [u8]) {
        if piece.len() <= COPIED {
            self.output.extend_from_slice(&piece);
            self.output.extend_from_slice(tail);
        } else {
            self.large = piece;
            self.tail = tail;
        }
    }

    /// Whether nothing more may be put before what waits has left.
    pub(crate) fn is_full(&self) -> bool {
        !self.large.is_empty() || !self.tail.is_empty() || self.output.len() - self.written >= COPIED
    }

    /// Whether everything has been written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.large.is_empty() && self.tail.is_empty() && self.output.is_empty()
    }

    /// Writes what waits.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !(self.written == self.output.len() && self.large.is_empty() && self.tail.is_empty()) {
            let first = &self.output[self.written..];
            let io = Pin::new(&mut self.io);
            let n = if self.large.is_empty() && self.tail.is_empty() {
                ready!(io.poll_write(cx, first))?
            } else {
                let all = [IoSlice::new(first), IoSlice::new(&self.large), IoSlice::new(self.tail)];
                ready!(io.poll_write_vectored(cx, &all))?
            };
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_first = n.min(first.len());
            let of_large = (n - of_first).min(self.large.len());
            self.written += of_first;
            self.large.advance(of_large);
            self.tail = &self.tail[n - of_first - of_large..];
        }
        self.output.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    /// The socket, and what was read from it already.
    pub(crate) fn into_parts(self) -> (TcpStream, BytesMut) {
        (self.io, self.input)
    }
}
