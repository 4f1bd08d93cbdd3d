//! Futures, streams and bodies that are polled elsewhere, such as an answer's body by its connection.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{current, sync_scope};
use crate::dye::Lane;

pin_project_lite::pin_project! {
    /// A future, a stream or a body that runs in a lane wherever it is polled, and is dropped in it, so that what is
    /// cleaned up after a cancelled call is cleaned up in its lane.
    pub struct InLane<T> {
        // `None` only once it is dropped.
        #[pin]
        inner: Option<T>,
        lane: Option<Lane>,
    }

    impl<T> PinnedDrop for InLane<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.lane.take() {
                Some(lane) => sync_scope(lane, || this.inner.set(None)),
                None => this.inner.set(None),
            }
        }
    }
}

impl<T> InLane<T> {
    /// Something in a lane; with no lane it is as it was.
    pub fn new(inner: T, lane: Option<Lane>) -> Self {
        Self { inner: Some(inner), lane }
    }

    /// What is inside.
    pub(crate) fn inner(&self) -> Option<&T> {
        self.inner.as_ref()
    }

    /// Polls what is inside, in the lane.
    pub(crate) fn poll_in<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut T>) -> Poll<R>) -> Poll<R> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        match this.lane {
            Some(lane) => sync_scope(lane.clone(), || poll(inner)),
            None => poll(inner),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for InLane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InLane").field("inner", &self.inner).field("lane", &self.lane).finish()
    }
}

impl<F: Future> Future for InLane<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_in(|inner| inner.poll(cx))
    }
}

impl<S: Stream> Stream for InLane<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.poll_in(|inner| inner.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner().map_or((0, None), Stream::size_hint)
    }
}

/// Binds futures and streams to a lane.
pub trait InLaneExt: Sized {
    /// This in a lane, wherever it is polled.
    fn in_lane(self, lane: Lane) -> InLane<Self> {
        InLane::new(self, Some(lane))
    }

    /// This in the lane of the code that makes it, for whoever polls it elsewhere. Outside of any lane it stays as it
    /// is.
    fn in_current_lane(self) -> InLane<Self> {
        InLane::new(self, current())
    }
}

impl<T> InLaneExt for T {}
