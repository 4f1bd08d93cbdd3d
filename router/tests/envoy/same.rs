//! Call by call: what the table decides, what the proxy does, what an Envoy with the exported config does.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use dyeline_router::{
    decide::{Ask, job_roll},
    dye::Dye,
    health::Endpoints,
    proxy::{Server, Settings},
    reload::Live,
    rules::Rules,
    table::Table,
};

use crate::{
    backends::Backends,
    client::{Answer, Client},
    envoy::{Envoy, export, find, table, validate},
};

const RULES: &str = r#"
version = 1
[services.ledger]
online = "http://<ledger:online/0>"
batch  = ["http://<ledger:batch/0>", "http://<ledger:batch/1>"]
next   = "http://<ledger:next/0>"
[services.risk]
online = "grpc://<risk:online/0>"
batch  = "grpc://<risk:batch/0>"
[services.audit]
online = "http://<audit:online/0>"
[services.search]
online  = "http://<search:online/0>"
batch   = ["http://<search:batch/0>", "http://<search:batch/1>", "http://<search:batch/2>"]
balance = "rendezvous"
[groups.batch]
start = ["processor:*"]
[chains.fund-income]
workers = "batch"
mode    = "strict"
[chains.fund-income.hops]
ledger            = { batch = 90, next = 10 }
risk              = "batch"
"ledger -> risk"  = { online = 1, batch = 3, if_down = ["online"] }
search            = { batch = 100, if_down = ["online"] }
[chains."fund-income@2.1"]
workers = "batch"
[chains."fund-income@2.1".hops]
ledger = "next"
[chains.reindex]
workers = "batch"
mode    = "permissive"
[chains.reindex.hops]
ledger = { online = 3, batch = 1, next = 7 }
[chains."reindex@9"]
mode = "strict"
[chains."alone@1"]
mode = "strict"
[chains."alone@1".hops]
ledger = "batch"
"#;

/// Who calls.
const CALLERS: &[Option<(&str, &str)>] = &[
    None,
    Some(("ledger", "batch")),
    Some(("ledger", "online")),
    Some(("search", "next")),
    Some(("risk", "batch")),
];
/// What the dyes of calls are of.
const ITERATIONS: &[&str] = &[
    "fund-income",
    "fund-income@1",
    "fund-income@2.1",
    "fund-income@2x1",
    "reindex",
    "reindex@9",
    "alone",
    "alone@1",
    "unheard-of",
];
const SERVICES: &[&str] = &["ledger", "risk", "audit", "search"];
const JOBS: usize = 40;

/// A call, and what the table makes of it.
struct Expected<'t> {
    service: &'static str,
    dye: Option<String>,
    decision: Result<&'t str, String>,
}

fn expected<'t>(table: &'t Table, caller: Option<(&str, &str)>) -> Vec<Expected<'t>> {
    let dyes =
        ITERATIONS.iter().flat_map(|iteration| (0..JOBS).map(move |job| format!("{iteration}:job.{job}@x")));
    let dyes: Vec<Option<String>> = std::iter::once(None).chain(dyes.map(Some)).collect();
    let mut calls = Vec::new();
    for service in SERVICES {
        for dye in &dyes {
            let read: Option<Dye> = dye.as_ref().map(|dye| dye.parse().unwrap());
            let ask = Ask {
                iteration: read.as_ref().map(Dye::iteration),
                job: read.as_ref().and_then(Dye::job),
                roll: read.as_ref().and_then(Dye::job).map(job_roll),
                from: caller.map(|(service, _)| service),
                group: caller.map(|(_, group)| group),
                to: service,
                chance: 0,
            };
            let decision = table.decide(&ask).map(|decision| decision.group());
            let decision = decision.map_err(|error| format!("{}: {error}\n", error.code()));
            calls.push(Expected { service, dye: dye.clone(), decision });
        }
    }
    calls
}

fn check(by: &str, call: &Expected<'_>, caller: Option<(&str, &str)>, answer: &Answer) {
    let what = format!("{by}: {caller:?} calls {} with {:?}", call.service, call.dye);
    match &call.decision {
        Ok(group) => {
            assert_eq!(
                (answer.status, answer.group()),
                (200, format!("{}:{group}", call.service).as_str()),
                "{what}"
            );
            let from = caller.map(|(service, group)| format!("{service}/{group}"));
            assert_eq!(answer.field("saw-x-dye-from"), from.as_deref(), "{what}");
            assert_eq!(answer.field("saw-x-dye"), call.dye.as_deref(), "{what}");
        }
        Err(text) => {
            assert_eq!((answer.status, &answer.text), (502, text), "{what}");
            assert_eq!(answer.field("x-dyeline-error"), text.split(": ").next(), "{what}");
        }
    }
}

/// The proxy with the same rules, for the same caller.
fn proxy(rules: &Rules, caller: Option<(&str, &str)>) -> Server {
    let (live, _) = Live::new(rules, Endpoints::default()).unwrap();
    let mut settings = Settings::new("127.0.0.1:0".parse().unwrap());
    settings.threads = 1;
    settings.caller.service = caller.map(|(service, _)| service.to_owned());
    settings.caller.group = caller.map(|(_, group)| group.to_owned());
    Server::start(settings, Arc::new(live)).unwrap()
}

#[test]
fn every_call_goes_to_the_group_that_the_table_names() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let (rules, table) = table(&text);
    let (mut calls, mut nowhere, mut groups) = (0, 0, HashSet::new());
    for caller in CALLERS.iter().copied() {
        let envoy = Envoy::beside(&program, &text, caller);
        let proxy = proxy(&rules, caller);
        let (mut by_envoy, mut by_proxy) =
            (Client::of(envoy.sidecar.listen), Client::of(proxy.addresses()[0]));
        let mut preferred: HashMap<&str, String> = HashMap::new();
        let expected = expected(&table, caller);
        for call in &expected {
            let answer = by_envoy.call(call.service, call.dye.as_deref());
            check("Envoy", call, caller, &answer);
            check("the proxy", call, caller, &by_proxy.call(call.service, call.dye.as_deref()));
            calls += 1;
            nowhere += usize::from(call.decision.is_err());
            groups.extend(call.decision.as_ref().ok().map(|group| (call.service, *group)));
            if let Some((_, job)) = call.dye.as_ref().and_then(|dye| dye.split_once(':'))
                && answer.group() == "search:batch"
                && call.dye.as_ref().is_some_and(|dye| dye.starts_with("fund-income"))
            {
                let endpoint = preferred.entry(job).or_insert_with(|| answer.text.clone());
                assert_eq!(*endpoint, answer.text, "{job} keeps its endpoint");
            }
        }
        let endpoints: HashSet<&String> = preferred.values().collect();
        assert!(preferred.len() == JOBS && endpoints.len() > 1, "{endpoints:?}");
        proxy.stop();
    }
    // Each kind of answer was among them.
    assert_eq!(calls, CALLERS.len() * SERVICES.len() * (ITERATIONS.len() * JOBS + 1));
    assert!(nowhere > 1000 && groups.len() == 8, "{nowhere} {groups:?}");
}

#[test]
fn a_host_that_is_no_service_is_refused_as_by_the_proxy() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let envoy = Envoy::beside(&program, &text, CALLERS[1]);
    let mut client = Client::of(envoy.sidecar.listen);
    let answer = client.call("nobody", None);
    assert_eq!(
        (answer.status, answer.field("x-dyeline-error")),
        (421, Some("dyeline::route::unknown_service"))
    );
    for host in ["LEDGER", "ledger:8080", "ledger.", "ledger.:80"] {
        assert_eq!(client.call(host, None).group(), "ledger:batch", "{host}");
    }
}

#[test]
fn a_dye_in_baggage_alone_is_followed() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let envoy = Envoy::beside(&program, &text, Some(("audit", "online")));
    let mut client = Client::of(envoy.sidecar.listen);
    for (fields, group) in [
        ("baggage: dye=fund-income:1\r\n", "risk:batch"),
        ("baggage: a=b;p=1 , dye = fund-income%402.1%3Ajob ;q=2, c=d\r\n", "risk:batch"),
        ("baggage: a=b\r\nbaggage: dye=fund-income\r\n", "risk:batch"),
        ("x-dye: NO DYE\r\nbaggage: dye=fund-income\r\n", "risk:batch"),
        ("x-dye: unheard-of\r\nbaggage: dye=fund-income\r\n", "risk:online"),
        ("baggage: xdye=fund-income\r\n", "risk:online"),
        ("baggage: dye=fund-incomes\r\n", "risk:online"),
        ("x-dye: fund-income:\r\n", "risk:online"),
        ("x-dye: fund-income@:1\r\n", "risk:online"),
    ] {
        assert_eq!(client.send("risk", fields).group(), group, "{fields}");
    }
}

#[test]
fn configs_of_all_callers_are_valid() {
    let Some(program) = find() else { return };
    let names = "version = 1\n[services.y]\nonline = \"https://y:443\"\nno = [\"grpcs://[::1]:9\", \"http://a.b\"]\n\
                 [chains.a123456789-123456789-123456789-123456789-123456789-123456789]\nhops = { y = \"no\" }\n\
                 [chains.\"a123456789-123456789-123456789-123456789-123456789-123456789@1.2.3\"]\nhops = { y = \"no\" }\n";
    for (text, callers) in
        [(names, &[None, Some(("y", "no"))][..]), (include_str!("../rules.toml"), &[CALLERS[1]])]
    {
        for caller in callers.iter().copied() {
            validate(&program, &export(text, caller).1).unwrap();
        }
    }
}
