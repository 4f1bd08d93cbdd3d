//! Endpoints that are down: a fallback takes calls when no endpoint is left, and only then.

use dyeline_router::decide::Question;

use crate::{
    backends::Backends,
    client::Client,
    envoy::{Envoy, find, table},
};

/// Nobody listens on 127.0.0.9.
const RULES: &str = r#"
version = 1
[health]
failures = 3
backoff  = "60s..60s"
[services.ledger]
online = "http://<ledger:online/0>"
batch  = ["http://127.0.0.9:1", "http://<ledger:batch/1>", "http://127.0.0.9:2"]
[services.risk]
online = "grpc://<risk:online/0>"
batch  = "grpc://127.0.0.9:3"
next   = "grpc://<risk:next/0>"
[services.audit]
online = "http://<audit:online/0>"
batch  = ["http://127.0.0.9:4", "http://127.0.0.9:5"]
next   = "http://127.0.0.9:6"
[groups.batch]
start = ["processor:*"]
[chains.nightly]
workers = "batch"
[chains.nightly.hops]
ledger = { batch = 100, if_down = ["online"] }
risk   = { batch = 50, next = 50, if_down = ["online"] }
audit  = { batch = 100, if_down = ["next", "online"] }
"#;

/// Calls until Envoy has seen that what is down is down.
const MOST: usize = 5_000;
/// Answers of the fallback in a row that show it.
const SETTLED: usize = 60;

#[test]
fn a_fallback_takes_calls_when_no_endpoint_is_left() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let (rules, table) = table(&text);
    let envoy = Envoy::beside(&program, &text, Some(("ledger", "batch")));
    let mut client = Client::of(envoy.sidecar.listen);

    // One endpoint of three is enough: nothing falls back, neither before nor after the others are ejected.
    settle(&mut client, "ledger");
    for job in 0..300 {
        let answer = client.call("ledger", Some(&format!("nightly:{job}")));
        assert_eq!(answer.group(), "ledger:batch", "{job}: {answer:?}");
    }
    let down = [("risk", "batch"), ("audit", "batch"), ("audit", "next")];
    let down = down.map(|(service, group)| (service.to_owned(), group.to_owned())).to_vec();
    for service in ["risk", "audit"] {
        settle(&mut client, service);
        for job in 0..300 {
            let question = Question {
                iteration: "nightly".into(),
                job: Some(job.to_string()),
                call: Some((Some("ledger".into()), service.into())),
                group: Some("batch".into()),
                down: down.clone(),
                ..Question::default()
            };
            let path = table.explain_path(&rules, &question).path;
            let answer = client.call(service, Some(&format!("nightly:{job}")));
            let group = path[0].group.as_deref().unwrap();
            assert_eq!(answer.group(), format!("{service}:{group}"), "{job}: {answer:?}");
        }
    }
}

/// Calls a service until every job gets an answer.
fn settle(client: &mut Client, service: &str) {
    let mut row = 0;
    for job in 0..MOST {
        let answer = client.call(service, Some(&format!("nightly:{job}")));
        assert!(service != "ledger" || answer.group() != "ledger:online", "{answer:?}");
        row = if answer.status == 200 { row + 1 } else { 0 };
        if row == SETTLED {
            return;
        }
    }
    panic!("after {MOST} calls `{service}` still does not answer each");
}
