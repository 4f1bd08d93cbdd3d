//! What is done to calls that go out and to those that come in.

use std::sync::{Arc, Mutex};

use http::{
    HeaderMap, StatusCode, Uri,
    uri::{Authority, Scheme},
};

use super::*;
use crate::{
    decide::Belongs,
    dye::{Dye, Lane, Origin, Roll},
    propagate::{Edge, Event, Hosts},
    report::{Seen, Totals},
    scope::sync_scope,
};

/// Rules as plain as can be: `a` goes to `batch` of the ledger, everything else to `online`; `strict` has no way.
#[derive(Debug, Default)]
struct Plain {
    ended: Arc<Mutex<Vec<bool>>>,
}

#[derive(Debug)]
struct PlainTicket(Arc<Mutex<Vec<bool>>>);

impl Ticket for PlainTicket {
    fn end(self: Box<Self>, healthy: bool) {
        self.0.lock().unwrap().push(healthy);
    }
}

impl Route for Plain {
    fn route(&self, lane: &Lane, from: &Origin, service: &str) -> Result<Option<Routed>, Unrouted> {
        if service != "ledger" {
            return Ok(None);
        }
        let chain = lane.dye().map(Dye::chain);
        let group = match chain {
            Some("strict") => return Err("no rule for the hop `ledger`".into()),
            Some(_) => "batch",
            None => from.group(),
        };
        let ticket = Box::new(PlainTicket(Arc::clone(&self.ended)));
        let authority: Authority = format!("ledger-{group}:8080").parse().unwrap();
        let roll = (chain == Some("hop")).then_some(Roll(77));
        let leak = match chain {
            Some("down") => Some(Seen::Fallback),
            None if group == "batch" => Some(Seen::Undyed),
            _ => None,
        };
        Ok(Some(Routed { scheme: Scheme::HTTP, authority, group: group.into(), roll, leak, ticket }))
    }

    fn belongs(&self, iteration: Option<&str>, process: &Origin) -> Belongs {
        match (process.group(), iteration) {
            ("batch", None) => Belongs::Undyed,
            ("batch", Some(chain)) if chain != "a@2" => Belongs::Foreign,
            _ => Belongs::Yes,
        }
    }
}

fn process(group: &str) -> Process {
    Process::new(Origin::new("facade", group).unwrap()).with_rules(Arc::new(Plain::default()))
}

fn lane(dye: &str) -> Lane {
    Lane::of(dye.parse().unwrap())
}

/// The URI and the headers of a call.
fn sent(process: &Process, lane: Option<Lane>, uri: &str) -> Result<(Uri, HeaderMap), String> {
    let mut call = (uri.parse().unwrap(), HeaderMap::new());
    let mut send = || process.send(&mut call.0, &mut call.1).map(drop).map_err(|e| e.to_string());
    match lane {
        Some(lane) => sync_scope(lane, send)?,
        None => send()?,
    }
    Ok(call)
}

fn texts(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines
}

#[test]
fn a_call_goes_where_its_dye_leads_and_carries_it() {
    let process = process("online");
    let (uri, headers) = sent(&process, Some(lane("a@2:7")), "http://Ledger/accounts/7?x=1").unwrap();
    assert_eq!(uri, "http://ledger-batch:8080/accounts/7?x=1");
    let roll = format!("x-dye-roll: {}", Roll::of_job("7"));
    assert_eq!(texts(&headers), ["baggage: dye=a@2:7", "x-dye-from: facade/online", &roll, "x-dye: a@2:7"]);
    let (_, headers) = sent(&process, Some(lane("hop:7")), "http://ledger").unwrap();
    assert_eq!(headers["x-dye-roll"], "77");
    let totals = process.calls().report().totals;
    assert_eq!(totals, Totals { sent: 2, ..Totals::default() });
}

#[test]
fn a_lost_tag_stays_in_its_group_and_is_counted() {
    let process = process("batch");
    let (uri, headers) = sent(&process, None, "http://ledger/").unwrap();
    assert_eq!(
        (uri.to_string().as_str(), texts(&headers)),
        ("http://ledger-batch:8080/", vec!["x-dye-from: facade/batch".to_owned()])
    );
    assert_eq!(process.stats().get(Event::MissingContext), 1);
    sent(&process, Some(Lane::undyed()), "http://ledger/").unwrap();
    assert_eq!(process.stats().get(Event::MissingContext), 1);
    assert_eq!(process.calls().report().totals, Totals { sent: 2, undyed: 2, ..Totals::default() });
    let online = self::process("online");
    sent(&online, None, "http://ledger/").unwrap();
    assert_eq!(online.stats().get(Event::MissingContext), 0);
}

#[test]
fn outside_of_any_lane_the_headers_are_followed() {
    let process = process("online");
    let mut uri: Uri = "http://ledger/".parse().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("x-dye", "a@2:7".parse().unwrap());
    process.send(&mut uri, &mut headers).unwrap();
    assert_eq!((uri.host(), headers["baggage"].to_str().unwrap()), (Some("ledger-batch"), "dye=a@2:7"));
}

#[test]
fn a_host_that_is_no_service_is_left_as_it_is() {
    let process = process("online");
    for uri in ["http://elsewhere/x", "http://ledger:9090/x", "https://10.0.0.1/"] {
        let (after, headers) = sent(&process, Some(lane("a:7")), uri).unwrap();
        assert_eq!((after.to_string().as_str(), headers["x-dye"].to_str().unwrap()), (uri, "a:7"));
    }
}

#[test]
fn nothing_of_ours_goes_to_a_host_that_is_not_listed() {
    let process =
        process("online").with_hosts(Hosts::parse(["ledger-batch", "*.corp.internal:443"]).unwrap());
    let stamped = |uri: &str| texts(&sent(&process, Some(lane("a:7")), uri).unwrap().1).len();
    assert_eq!((stamped("http://ledger/"), stamped("https://x.corp.internal/")), (4, 4));
    assert_eq!(process.stats().get(Event::Withheld), 0);
    assert_eq!(
        (stamped("https://example.com/"), stamped("http://x.corp.internal/"), stamped("/path")),
        (0, 0, 0)
    );
    assert_eq!(process.stats().get(Event::Withheld), 3);
    let mut headers = HeaderMap::new();
    headers.insert("x-dye", "by-hand".parse().unwrap());
    headers.insert("accept", "*/*".parse().unwrap());
    process.send_to(&"http://example.com/".parse().unwrap(), &mut headers);
    assert_eq!(texts(&headers), ["accept: */*"]);
}

#[test]
fn a_call_without_a_way_is_an_error_and_left_as_it_was() {
    let process = process("online");
    let error = sent(&process, Some(lane("strict:7")), "http://ledger/").unwrap_err();
    assert_eq!(error, "no rule for the hop `ledger`");
    assert_eq!(process.calls().report().totals, Totals { failed: 1, ..Totals::default() });
}

#[test]
fn an_endpoint_hears_how_its_calls_ended() {
    let rules = Plain::default();
    let ended = Arc::clone(&rules.ended);
    let process = Process::new(Origin::new("facade", "online").unwrap()).with_rules(Arc::new(rules));
    let call = || process.send(&mut Uri::from_static("http://ledger/"), &mut HeaderMap::new()).unwrap();
    call().ended(Ended::Answered(StatusCode::NOT_FOUND));
    call().ended(Ended::Answered(StatusCode::BAD_GATEWAY));
    call().ended(Ended::Broken);
    drop(call());
    assert_eq!(*ended.lock().unwrap(), [true, false, false]);
    assert_eq!(process.calls().report().totals, Totals { sent: 4, failed: 1, ..Totals::default() });
    let (_, down) =
        (sent(&process, Some(lane("down:7")), "http://ledger/").unwrap(), process.calls().report());
    assert_eq!(down.totals.crossed, 1);
}

#[track_caller]
fn received(group: &str, lines: &[(&'static str, &str)]) -> Result<Option<String>, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, value.parse().unwrap());
    }
    let taken = process(group).receive(&mut headers).map_err(|refusal| refusal.to_string())?;
    Ok(taken.dye().map(ToString::to_string))
}

#[test]
fn a_lanes_group_takes_what_belongs_and_nothing_else() {
    assert_eq!(received("batch", &[("x-dye", "a@2:7")]), Ok(Some("a@2:7".to_owned())));
    assert_eq!(received("batch", &[("baggage", "dye=a@2:7")]), Ok(Some("a@2:7".to_owned())));
    assert_eq!(received("batch", &[("x-dye-from", "ledger/batch")]), Ok(None));
    assert_eq!(received("online", &[("x-dye", "b:7")]), Ok(Some("b:7".to_owned())));
    assert_eq!(received("online", &[]), Ok(None));
    let refused = |lines: &[(&'static str, &str)], why: &str| {
        assert_eq!(received("batch", lines), Err(why.to_owned()));
    };
    refused(&[], "facade/batch takes no calls of traffic without a dye");
    refused(&[("x-dye", "a@1:7")], "facade/batch takes no calls of `a@1`");
    refused(
        &[("x-dye-from", "ledger/online")],
        "facade/batch takes no calls of traffic without a dye, which came from ledger/online",
    );
    refused(
        &[("x-dye", "b:7"), ("x-dye-from", "search/batch")],
        "facade/batch takes no calls of `b`, which came from search/batch",
    );
}

#[test]
fn at_the_edge_a_strangers_dye_is_taken_off_before_anything_else() {
    let process = process("online").with_edge(Edge::Strip);
    let mut headers = HeaderMap::new();
    headers.insert("x-dye", "a@2:7".parse().unwrap());
    assert_eq!(process.receive(&mut headers).unwrap().dye(), None);
    assert!(headers.is_empty());
    assert_eq!(process.stats().get(Event::Stripped), 1);
}

#[test]
fn a_refusal_answers_in_the_language_of_the_request() {
    let mut headers = HeaderMap::new();
    headers.insert("x-dye", "b@1:7".parse().unwrap());
    headers.insert("x-dye-from", "search/online".parse().unwrap());
    let batch = process("batch");
    let refusal = batch.receive(&mut headers).unwrap_err();
    let response = refusal.response(&headers);
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    insta::assert_snapshot!(response.body());
    for kind in ["application/grpc", "application/grpc+proto"] {
        headers.insert("content-type", kind.parse().unwrap());
        let response = refusal.response(&headers);
        assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, ""));
        assert_eq!(
            texts(response.headers()),
            [
                "content-type: application/grpc",
                "grpc-message: facade/batch takes no calls of `b@1`, which came from search/online",
                "grpc-status: 9",
            ]
        );
    }
    assert_eq!(batch.stats().get(Event::Refused), 1);
}
