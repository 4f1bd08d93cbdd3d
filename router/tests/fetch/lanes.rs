//! From service to service.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use dyeline_router::{
    dye::{Lane, Origin},
    fetch,
    layer::ServerLayer,
    process::Process,
    propagate::Event,
    scope::scope,
    task,
};
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use crate::site::{client, header, here, process, run_in, serve};

fn rules(online: &str, batch: &str) -> String {
    format!(
        r#"
        version = 1
        [services.ledger]
        online = "http://{online}"
        batch = "http://{batch}"
        [chains.nightly]
        workers = "batch"
        mode = "strict"
        [chains.nightly.hops]
        ledger = "batch"
        "#
    )
}

/// Two groups of a ledger, which say their name and the dye they see.
async fn ledgers() -> String {
    let plain = |group: &'static str| {
        Router::new().route("/", get(move || async move { format!("{group} {}", here()) }))
    };
    // The groups are not known before they listen, so that the rules they refuse by name other addresses.
    let known = rules("online:1", "batch:1");
    let serve_group = |group| serve(plain(group).layer(ServerLayer::new(process("ledger", group, &known))));
    let (online, batch) = (serve_group("online").await, serve_group("batch").await);
    rules(&online.to_string(), &batch.to_string())
}

#[test]
fn a_dye_crosses_services_spawned_tasks_and_threads() {
    run_in("nightly@2:7", async {
        let rules = ledgers().await;
        let ledger = client(&process("facade", "online", &rules));
        let facade = Router::new().route(
            "/",
            get(async move || {
                let call = task::spawn(async move {
                    ledger.get("http://ledger/").send().await.unwrap().text().await.unwrap()
                });
                let blocking = task::spawn_blocking(here).await.unwrap();
                format!("{}, {blocking}, {}", call.await.unwrap(), here())
            }),
        );
        let process = process("facade", "online", &rules);
        let facade = serve(facade.layer(ServerLayer::new(process))).await;
        let start = client(&Process::new(Origin::new("start", "batch").unwrap()));
        let said = start.get(format!("http://{facade}/")).send().await.unwrap().text().await.unwrap();
        assert_eq!(said, "batch nightly@2:7, nightly@2:7, nightly@2:7");
    });
}

#[test]
fn a_service_that_passes_on_only_baggage_passes_on_the_dye() {
    run_in("nightly:7", async {
        let last = serve(
            Router::new()
                .route("/", get(async || here()))
                .layer(ServerLayer::new(Process::new(Origin::new("last", "online").unwrap()))),
        )
        .await;
        let foreign = Router::new().route(
            "/",
            get(async move |headers: HeaderMap| {
                let call = reqwest::Client::new().get(format!("http://{last}/"));
                let call =
                    headers.get_all("baggage").iter().fold(call, |call, line| call.header("baggage", line));
                call.send().await.unwrap().text().await.unwrap()
            }),
        );
        let foreign = serve(foreign).await;
        let start = client(&Process::new(Origin::new("start", "batch").unwrap()));
        let call =
            start.get(format!("http://{foreign}/")).header("baggage", "user=7;p").header("baggage", "x=a=b");
        assert_eq!(call.send().await.unwrap().text().await.unwrap(), "nightly:7");
    });
}

#[test]
fn a_lanes_group_refuses_what_does_not_belong() {
    run_in("other:7", async {
        let known = rules("online:1", "batch:1");
        let batch = process("ledger", "batch", &known);
        let routes = Router::new().route("/", get(async || here())).layer(ServerLayer::new(batch.clone()));
        let batch_address = serve(routes).await;
        let start = client(&Process::new(Origin::new("search", "online").unwrap()));
        let call = || start.get(format!("http://{batch_address}/")).send();
        let answer = call().await.unwrap();
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
        let text = answer.text().await.unwrap();
        assert!(
            text.starts_with("ledger/batch takes no calls of `other`, which came from search/online\n"),
            "{text}"
        );
        assert_eq!(batch.stats().get(Event::Refused), 1);
        let own = scope(Lane::of("nightly:7".parse().unwrap()), call());
        assert_eq!(own.await.unwrap().text().await.unwrap(), "nightly:7");
    });
}

/// Tries twice.
struct Twice;

#[async_trait::async_trait]
impl Middleware for Twice {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let again = request.try_clone().unwrap();
        let answer = next.clone().run(request, extensions).await?;
        if answer.status().is_success() { Ok(answer) } else { next.run(again, extensions).await }
    }
}

#[test]
fn each_try_carries_the_dye() {
    run_in("nightly:7", async {
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let flaky = Router::new().route(
            "/",
            get(async move |headers: HeaderMap| {
                let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
                let status = if first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
                (status, header(&headers, "x-dye"))
            }),
        );
        let address = serve(flaky).await;
        let process = process("facade", "online", &rules("online:1", &address.to_string()));
        let builder = fetch::Builder::new(reqwest::Client::builder(), process).unwrap();
        let answer = builder.with(Twice).build().get("http://ledger/").send().await.unwrap();
        assert_eq!((answer.text().await.unwrap().as_str(), tries.load(Ordering::Relaxed)), ("nightly:7", 2));
    });
}

#[test]
fn a_call_that_no_rule_covers_says_which_to_write() {
    run_in("nightly:7", async {
        let rules = rules("online:1", "batch:1").replace("ledger = \"batch\"", "");
        let error =
            client(&process("facade", "online", &rules)).get("http://u:p@ledger/?token=s3cret").send().await;
        let error = error.unwrap_err();
        let mut chain = Vec::new();
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            chain.push(error.to_string());
            cause = error.source();
        }
        let text = chain.join(": ");
        assert!(text.contains("the call to http://ledger/ cannot be routed"), "{text}");
        assert!(text.contains("has no rule for the hop `facade -> ledger`"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    });
}
