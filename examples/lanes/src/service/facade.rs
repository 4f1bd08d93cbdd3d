//! The facade: HTTP in, gRPC out.

use std::sync::Arc;

use axum::{Router, body::Bytes, response::IntoResponse as _, routing::post};
use dyeline::app::Scope;

use super::{
    Work,
    answer::{answer, counts, question},
    tally::Tally,
};
use crate::wire;

/// `POST /value`: the value of an item, of which the ledger knows most.
pub(super) fn routes(work: Work, tally: Arc<Tally>, scope: Scope) -> Router {
    let counts = counts(Arc::clone(&tally), scope.clone());
    let value = move |body: Bytes| async move {
        let ask = match question(&body) {
            Ok(ask) => ask,
            Err(why) => return why.into_response(),
        };
        tally.count(ask.origin);
        let own = work.on(ask.item);
        answer(wire::post(scope.grpc("ledger"), ask).await.map(|posted| own ^ posted))
    };
    Router::new().route("/value", post(value)).merge(counts)
}
