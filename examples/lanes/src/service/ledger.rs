//! The ledger: gRPC in, HTTP out. Its one method is written by hand, so that nothing has to be generated.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body};
use http::{Request, Response};
use tonic::{
    Status,
    server::{Grpc, UnaryService},
};
use tonic_prost::ProstCodec;
use tower_service::Service;

use super::{Work, tally::Tally};
use crate::wire::{Clients, POST, Posting};

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// The method `Post`: what the ledger makes of an item, and what risk makes of it.
pub(super) fn routes(work: Work, tally: Arc<Tally>, clients: Clients) -> Router {
    Router::new().route_service(POST, Ledger { work, tally, clients })
}

#[derive(Clone)]
struct Ledger {
    work: Work,
    tally: Arc<Tally>,
    clients: Clients,
}

impl UnaryService<Posting> for Ledger {
    type Response = Posting;
    type Future = Answering<tonic::Response<Posting>, Status>;

    fn call(&mut self, request: tonic::Request<Posting>) -> Self::Future {
        let Self { work, tally, clients } = self.clone();
        Box::pin(async move {
            let posting = request.into_inner();
            tally.count(posting.ask().origin);
            let own = work.on(posting.number);
            let refused = |refused: crate::wire::Refused| match refused.retryable {
                true => Status::unavailable(refused.why),
                false => Status::failed_precondition(refused.why),
            };
            let risk = clients.ask("risk", posting.ask()).await.map_err(refused)?;
            Ok(tonic::Response::new(Posting { number: own ^ risk, ..posting }))
        })
    }
}

impl Service<Request<Body>> for Ledger {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Answering<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let ledger = self.clone();
        Box::pin(async move { Ok(Grpc::new(ProstCodec::default()).unary(ledger, request).await) })
    }
}
