//! Endpoints that are down: a fallback takes calls when no endpoint is left, and only then.

use dyeline_router::decide::Question;

use crate::{
    backends::Backends,
    client::Client,
    envoy::{Envoy, find, free, table},
};

const RULES: &str = r#"
version = 1
[health]
failures = 3
backoff  = "60s..60s"
[services.ledger]
online = "http://<ledger:online/0>"
batch  = ["http://DEAD0", "http://<ledger:batch/1>", "http://DEAD1"]
[services.risk]
online = "grpc://<risk:online/0>"
batch  = "grpc://DEAD2"
next   = "grpc://<risk:next/0>"
[services.audit]
online = "http://<audit:online/0>"
batch  = ["http://DEAD3", "http://DEAD4"]
next   = "http://DEAD5"
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
const SETTLED: usize = 20;

#[test]
fn a_fallback_takes_calls_when_no_endpoint_is_left() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let mut text = backends.rules(RULES.replace("DEAD", "127.0.0.1:1").leak());
    for n in (0..=5).rev() {
        text = text.replace(&format!("127.0.0.1:1{n}\""), &format!("{}\"", free()));
    }
    let (rules, table) = table(&text);
    let envoy = Envoy::beside(&program, &text, Some(("ledger", "batch")));
    let mut client = Client::of(envoy.sidecar.listen);

    // One endpoint of three is enough, from the first call on.
    for job in 0..200 {
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
        row = if client.call(service, Some(&format!("nightly:{job}"))).status == 200 { row + 1 } else { 0 };
        if row == SETTLED {
            return;
        }
    }
    panic!("after {MOST} calls `{service}` still does not answer each");
}
