//! The facade: HTTP in, gRPC out.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};

use super::{Work, tally::Tally};
use crate::wire::{Ask, Clients, Refused, Value};

/// `POST /value`: the value of an item, of which the ledger knows most.
pub(super) fn routes(work: Work, tally: Arc<Tally>, clients: Clients) -> Router {
    let value = move |body: Bytes| async move {
        let ask = match read(&body) {
            Ok(ask) => ask,
            Err(why) => return why.into_response(),
        };
        tally.count(ask.origin);
        let own = work.on(ask.item);
        answer(clients.post(ask).await.map(|posted| own ^ posted))
    };
    Router::new().route("/value", post(value))
}

/// What a body asks.
pub(super) fn read(body: &[u8]) -> Result<Ask, (StatusCode, String)> {
    serde_json::from_slice(body)
        .map_err(|why| (StatusCode::BAD_REQUEST, format!("read the question: {why}\n")))
}

/// A value, or why there is none.
pub(super) fn answer(value: Result<i64, Refused>) -> Response {
    match value.map(|value| serde_json::to_string(&Value { value })) {
        Ok(Ok(text)) => text.into_response(),
        Ok(Err(why)) => (StatusCode::INTERNAL_SERVER_ERROR, why.to_string()).into_response(),
        Err(refused) => {
            let status =
                if refused.retryable { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NOT_FOUND };
            (status, refused.why).into_response()
        }
    }
}
