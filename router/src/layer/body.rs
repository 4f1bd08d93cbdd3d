//! The body of an answer: that of a service, polled in its lane, or the few words of a refusal.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

use crate::{dye::Lane, scope::InLane};

pin_project_lite::pin_project! {
    /// The body of an answer of a [`ServerService`](super::ServerService).
    #[derive(Debug)]
    pub struct LaneBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project_lite::pin_project! {
    #[project = KindPin]
    #[derive(Debug)]
    enum Kind<B> {
        Answer { #[pin] body: InLane<B> },
        Refusal { text: String },
    }
}

impl<B> LaneBody<B> {
    pub(super) fn answer(body: B, lane: Lane) -> Self {
        Self { kind: Kind::Answer { body: InLane::new(body, Some(lane)) } }
    }

    pub(super) fn refusal(text: String) -> Self {
        Self { kind: Kind::Refusal { text } }
    }
}

impl<B: Body<Data: From<String>>> Body for LaneBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().kind.project() {
            KindPin::Answer { body } => body.poll_in(|body| body.poll_frame(cx)),
            KindPin::Refusal { text } => {
                let text = std::mem::take(text);
                Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(text.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Answer { body } => body.inner().is_none_or(Body::is_end_stream),
            Kind::Refusal { text } => text.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Answer { body } => body.inner().map(Body::size_hint).unwrap_or_default(),
            Kind::Refusal { text } => SizeHint::with_exact(text.len() as u64),
        }
    }
}
