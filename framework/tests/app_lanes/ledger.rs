//! The ledger: a gRPC service without generated code, and a client of it.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use bytes::{Buf, BufMut};
use dyeline::lanes::{Grpc as Client, current};
use futures_util::future::BoxFuture;
use http::uri::PathAndQuery;
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{Grpc, UnaryService},
};
use tower_service::Service;

/// Messages are their bytes.
#[derive(Clone, Copy, Default)]
struct Words;

impl Codec for Words {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Words {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, word: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(word.as_bytes());
        Ok(())
    }
}

impl Decoder for Words {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        String::from_utf8(bytes.to_vec()).map(Some).map_err(|e| Status::internal(e.to_string()))
    }
}

/// The dye of the work that runs right now, without its job.
fn here() -> String {
    current().and_then(|lane| lane.dye().map(|dye| dye.iteration().to_owned())).unwrap_or("none".into())
}

/// Answers a word with the dye it came with and the group it came to.
#[derive(Clone)]
pub struct Ledger {
    pub group: String,
}

impl UnaryService<String> for Ledger {
    type Response = String;
    type Future = BoxFuture<'static, Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let group = self.group.clone();
        Box::pin(async move { Ok(Response::new(format!("{} {} {group}", request.into_inner(), here()))) })
    }
}

impl Service<http::Request<hyper::body::Incoming>> for Ledger {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<hyper::body::Incoming>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(Grpc::new(Words).unary(service, request).await) })
    }
}

/// Calls the ledger.
pub async fn ask(client: Client, word: String) -> Result<String, Status> {
    let mut client = tonic::client::Grpc::new(client);
    client.ready().await.map_err(|e| Status::from_error(e.into()))?;
    let path = PathAndQuery::from_static("/ledger/ask");
    Ok(client.unary(Request::new(word), path, Words).await?.into_inner())
}
