//! Where dyes come from and may go: the edge, and hosts they must not be sent to.

use crate::{
    backends::Backends,
    client::{Answer, Client},
    envoy::{Envoy, export, find},
};

const RULES: &str = r#"
version = 1
[dye]
edge    = "strip"
only_to = ["127.0.0.1"]
[services.ledger]
online = "http://<ledger:online/0>"
batch  = "http://<ledger:batch/0>"
[chains.nightly]
[chains.nightly.hops]
ledger = "batch"
"#;

const DYED: &str =
    "x-dye: nightly:j\r\nx-dye-roll: 7\r\nx-dye-from: risk/batch\r\nbaggage: a=b,dye=nightly:j\r\n";

fn saw(answer: &Answer) -> [Option<&str>; 4] {
    ["x-dye", "x-dye-roll", "x-dye-from", "baggage"].map(|name| answer.field(&format!("saw-{name}")))
}

#[test]
fn dyes_from_outside_are_taken_off_before_a_route_is_chosen() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let envoy = Envoy::beside(&program, &text, Some(("ledger", "online")));
    let inside = Client::of(envoy.sidecar.listen).send("ledger", DYED);
    assert_eq!(inside.group(), "ledger:batch");
    let outside = Client::of(envoy.sidecar.edge.unwrap()).send("ledger", DYED);
    assert_eq!(
        (outside.group(), saw(&outside)),
        ("ledger:online", [None, None, Some("ledger/online"), None])
    );

    let trusting = text.replace("strip", "trust");
    let envoy = Envoy::beside(&program, &trusting, Some(("ledger", "online")));
    let trusted = Client::of(envoy.sidecar.edge.unwrap()).send("ledger", DYED);
    assert_eq!((trusted.group(), trusted.field("saw-x-dye")), ("ledger:batch", Some("nightly:j")));
    let verifying = export(&text.replace("strip", "verify"), None).1;
    assert!(verifying.gaps.iter().any(|gap| gap.message().contains("verify")));
}

#[test]
fn a_dye_does_not_leave_the_listed_hosts() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let envoy = Envoy::beside(&program, &text, Some(("ledger", "online")));
    let answer = Client::of(envoy.sidecar.listen).send("ledger", DYED);
    let all = [Some("nightly:j"), Some("7"), Some("ledger/online"), Some("a=b,dye=nightly:j")];
    assert_eq!((answer.group(), saw(&answer)), ("ledger:batch", all));

    let elsewhere = text.replace("\"127.0.0.1\"]", "\"*.corp.internal\"]");
    let envoy = Envoy::beside(&program, &elsewhere, Some(("ledger", "online")));
    let answer = Client::of(envoy.sidecar.listen).send("ledger", DYED);
    assert_eq!((answer.group(), saw(&answer)), ("ledger:batch", [None; 4]));
}
