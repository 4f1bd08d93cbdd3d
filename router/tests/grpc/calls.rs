//! What a dye does in calls of each kind.

use std::sync::Arc;

use dyeline_router::{
    dye::{Lane, Origin},
    health::Endpoints,
    layer::{ClientLayer, ClientService, ServerLayer},
    process::Process,
    propagate::Hosts,
    rules::Rules,
    scope::scope,
    table::Table,
    toml::Source,
};
use futures_channel::mpsc;
use futures_util::{SinkExt, StreamExt, stream};
use tokio::{net::TcpListener, runtime::Builder};
use tonic::{
    Code, Request,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tower_layer::Layer;

use crate::echo::{Echo, Words};

const UNARY: PathAndQuery = PathAndQuery::from_static("/echo/unary");
const STREAM: PathAndQuery = PathAndQuery::from_static("/echo/stream");

const RULES: &str = "version = 1\n[services.echo]\nonline = \"grpc://online:1\"\nbatch = \"grpc://batch:1\"\n\
    [chains.nightly]\nworkers = \"batch\"\n[chains.nightly.hops]\necho = \"batch\"\n";

fn run<F: Future>(test: F) -> F::Output {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

fn lane(dye: &str) -> Lane {
    Lane::of(dye.parse().unwrap())
}

/// A client of a server of the lane's group; `only_to` as a client has it.
async fn client(only_to: &str) -> Grpc<ClientService<Channel>> {
    let rules = Rules::read(&Source::new("rules.toml", RULES)).unwrap();
    let rules = Arc::new(Table::new(&rules, &Endpoints::default()));
    let batch = Process::new(Origin::new("echo", "batch").unwrap()).with_rules(rules);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().layer(ServerLayer::new(batch)).add_service(Echo);
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    let channel = Endpoint::try_from(address.clone()).unwrap().connect_lazy();
    let start =
        Process::new(Origin::new("start", "online").unwrap()).with_hosts(Hosts::parse([only_to]).unwrap());
    Grpc::new(ClientLayer::fixed(start, address.parse().unwrap()).layer(channel))
}

#[test]
fn a_unary_call_carries_its_dye() {
    run(async {
        let mut client = client("127.0.0.1").await;
        client.ready().await.unwrap();
        let call = client.unary(Request::new("hi".to_owned()), UNARY, Words);
        let answer = scope(lane("nightly@2:7"), call).await.unwrap();
        assert_eq!(answer.into_inner(), "hi nightly@2:7");
    });
}

#[test]
fn two_streams_on_one_connection_keep_their_dyes_while_both_ways_are_open() {
    run(async {
        let client = client("127.0.0.1").await;
        let talk = |dye: &'static str| {
            let mut client = client.clone();
            scope(lane(dye), async move {
                client.ready().await.unwrap();
                let (mut say, words) = mpsc::channel(1);
                let call = client.streaming(Request::new(words), STREAM, Words);
                // The first word is there before the call, and each next one only after the answer to the last.
                say.send("0".to_owned()).await.unwrap();
                let mut answers = call.await.unwrap().into_inner();
                for n in 0..50 {
                    let answer = answers.next().await.unwrap().unwrap();
                    assert_eq!(answer, format!("{n} {dye}"));
                    say.send((n + 1).to_string()).await.unwrap();
                }
            })
        };
        tokio::join!(talk("nightly:1"), talk("nightly:2"));
    });
}

#[test]
fn a_stream_that_is_sent_at_once_is_answered_in_its_lane() {
    run(async {
        let mut client = client("127.0.0.1").await;
        client.ready().await.unwrap();
        let words = stream::iter(["a", "b"]).map(str::to_owned);
        let answers = scope(lane("nightly:7"), client.streaming(Request::new(words), STREAM, Words)).await;
        let answers: Vec<String> = answers.unwrap().into_inner().map(Result::unwrap).collect().await;
        assert_eq!(answers, ["a nightly:7", "b nightly:7"]);
    });
}

#[test]
fn a_refusal_is_a_status_of_grpc() {
    run(async {
        let mut client = client("127.0.0.1").await;
        for (path, dye) in [(UNARY, "other@1:7"), (STREAM, "other@1:7")] {
            client.ready().await.unwrap();
            let request = Request::new(stream::iter(["hi".to_owned()]));
            let status = scope(lane(dye), client.streaming(request, path, Words)).await.unwrap_err();
            let said = (status.code(), status.message());
            let expected = "echo/batch takes no calls of `other@1`, which came from start/online";
            assert_eq!(said, (Code::FailedPrecondition, expected));
        }
    });
}

#[test]
fn a_dye_is_withheld_from_an_address_that_is_not_listed() {
    run(async {
        let mut client = client("*.corp.internal").await;
        client.ready().await.unwrap();
        let call = client.unary(Request::new("hi".to_owned()), UNARY, Words);
        let status = scope(lane("nightly:7"), call).await.unwrap_err();
        assert_eq!(status.message(), "echo/batch takes no calls of traffic without a dye");
    });
}
