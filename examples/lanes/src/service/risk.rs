//! Risk: HTTP in, and the end of the line.

use std::sync::Arc;

use axum::{Router, body::Bytes, response::IntoResponse as _, routing::post};
use dyeline::app::Scope;

use super::{
    Work,
    answer::{answer, counts, question},
    tally::Tally,
};

/// `POST /value`: what risk makes of an item.
pub(super) fn routes(work: Work, tally: Arc<Tally>, scope: Scope) -> Router {
    let counts = counts(Arc::clone(&tally), scope);
    let value = move |body: Bytes| async move {
        let ask = match question(&body) {
            Ok(ask) => ask,
            Err(why) => return why.into_response(),
        };
        tally.count(ask.origin);
        answer(Ok(work.on(ask.item)))
    };
    Router::new().route("/value", post(value)).merge(counts)
}
