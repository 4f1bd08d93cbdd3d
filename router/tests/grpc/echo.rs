//! A service that answers each word with the dye it sees, without generated code.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, BufMut};
use dyeline_router::{dye::Dye, scope::current};
use futures_util::{Stream, StreamExt, future::BoxFuture};
use tonic::{
    Code, Request, Response, Status, Streaming,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::{Service, http},
    server::{Grpc, NamedService, StreamingService, UnaryService},
};

/// Messages are their bytes.
#[derive(Clone, Copy, Default)]
pub struct Words;

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
        String::from_utf8(bytes.to_vec()).map(Some).map_err(|e| Status::new(Code::Internal, e.to_string()))
    }
}

/// The dye of the work that runs right now.
pub fn here() -> String {
    current().and_then(|lane| lane.dye().map(Dye::to_string)).unwrap_or_else(|| "none".to_owned())
}

/// The service: `/echo/unary` and `/echo/stream`.
#[derive(Clone, Copy)]
pub struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "echo";
}

impl UnaryService<String> for Echo {
    type Response = String;
    type Future = BoxFuture<'static, Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(format!("{} {}", request.into_inner(), here()))) })
    }
}

impl StreamingService<String> for Echo {
    type Response = String;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Streaming<String>>) -> Self::Future {
        // Each answer is made when the connection polls the body, long after this future has ended.
        let answers = request.into_inner().map(|word| word.map(|word| format!("{word} {}", here())));
        Box::pin(async move { Ok(Response::new(answers.boxed() as Self::ResponseStream)) })
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let streaming = request.uri().path() == "/echo/stream";
        Box::pin(async move {
            let mut server = Grpc::new(Words);
            Ok(if streaming {
                server.streaming(Echo, request).await
            } else {
                server.unary(Echo, request).await
            })
        })
    }
}
