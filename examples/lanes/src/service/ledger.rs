//! The ledger: gRPC in, HTTP out. Its one method is written by hand, so that nothing has to be generated.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, body::Body};
use dyeline::app::Scope;
use http::{Request, Response};
use tonic::{
    Status,
    server::{Grpc, UnaryService},
};
use tonic_prost::ProstCodec;
use tower_service::Service;

use super::{
    Work,
    answer::{counts, is_final},
    tally::Tally,
};
use crate::wire::{self, POST, Posting};

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// The method `Post`: what the ledger makes of an item, and what risk makes of it.
pub(super) fn routes(work: Work, tally: Arc<Tally>, scope: Scope) -> Router {
    let counts = counts(Arc::clone(&tally), scope.clone());
    Router::new().route_service(POST, Ledger { work, tally, scope }).merge(counts)
}

#[derive(Clone)]
struct Ledger {
    work: Work,
    tally: Arc<Tally>,
    scope: Scope,
}

impl UnaryService<Posting> for Ledger {
    type Response = Posting;
    type Future = Answering<tonic::Response<Posting>, Status>;

    fn call(&mut self, request: tonic::Request<Posting>) -> Self::Future {
        let Self { work, tally, scope } = self.clone();
        Box::pin(async move {
            let posting = request.into_inner();
            tally.count(posting.ask().origin);
            let own = work.on(posting.number);
            let risk =
                wire::ask(&scope.http(), "risk", posting.ask()).await.map_err(|why| {
                    match is_final(&why) {
                        true => Status::failed_precondition(why.to_string()),
                        false => Status::unavailable(why.to_string()),
                    }
                })?;
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
