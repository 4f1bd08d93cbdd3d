//! The calls. Where they go, and what they carry, is the business of the clients they are made with.

use dyeline::{
    Result,
    lanes::{Grpc, Http, Successful as _},
};
use http::{header::CONTENT_TYPE, uri::PathAndQuery};
use tonic_prost::ProstCodec;

use super::{Ask, POST, Posting, Value};

/// Asks a service over HTTP.
pub(crate) async fn ask(http: &Http, service: &str, ask: Ask) -> Result<i64> {
    let call = http
        .post(format!("http://{service}/value"))
        .header(CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&ask)?);
    let answer = call.send().await?.successful().await?;
    let Value { value } = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(value)
}

/// Asks the ledger over gRPC, as a generated client would.
pub(crate) async fn post(ledger: Grpc, ask: Ask) -> Result<i64> {
    let mut client = tonic::client::Grpc::new(ledger);
    client.ready().await?;
    let codec = ProstCodec::<Posting, Posting>::default();
    let request = tonic::Request::new(Posting::from(ask));
    Ok(client.unary(request, PathAndQuery::from_static(POST), codec).await?.into_inner().number)
}
