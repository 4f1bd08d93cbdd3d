//! What all services have in common: the question, the answer, and the counts.

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use dyeline::{Error, Result, app::Scope, contract::Class};
use dyeline_router::propagate::Event;

use super::tally::Tally;
use crate::wire::{Ask, Value};

/// What a body asks.
pub(super) fn question(body: &[u8]) -> Result<Ask, (StatusCode, String)> {
    serde_json::from_slice(body)
        .map_err(|why| (StatusCode::BAD_REQUEST, format!("read the question: {why}\n")))
}

/// A value, or why there is none.
pub(super) fn answer(value: Result<i64>) -> Response {
    let text = value.and_then(|value| Ok(serde_json::to_string(&Value { value })?));
    match text {
        Ok(text) => text.into_response(),
        Err(why) => {
            let status = if is_final(&why) {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            (status, why.to_string()).into_response()
        }
    }
}

/// Whether the same call will do no better later.
pub(super) fn is_final(why: &Error) -> bool {
    why.class() == Class::Fatal
}

/// `GET /counts`: the calls that this process took, and those it refused.
pub(super) fn counts(tally: Arc<Tally>, scope: Scope) -> Router {
    let counts = move || {
        let counts = tally.counts(scope.process().stats().get(Event::Refused));
        async move { serde_json::to_string(&counts).unwrap_or_default() }
    };
    Router::new().route("/counts", get(counts))
}
