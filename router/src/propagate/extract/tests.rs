//! What comes out of headers, and that what goes in comes out again.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::propagate::{CarrierMut, inject, strip};

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in lines {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

/// The counts that are not 0.
fn counts(stats: &DyeStats) -> Vec<(Event, u64)> {
    Event::ALL.iter().map(|e| (*e, stats.get(*e))).filter(|(_, n)| *n > 0).collect()
}

#[track_caller]
fn dye(lines: &[(&str, &str)], expected: Option<&str>, counted: &[(Event, u64)]) {
    let stats = DyeStats::new();
    let marks = read(&headers(lines), &stats);
    assert_eq!(marks.dye.as_ref().map(Dye::as_str), expected, "{lines:?}");
    assert_eq!(counts(&stats), counted, "{lines:?}");
}

#[test]
fn the_header_is_followed_and_baggage_stands_in() {
    dye(&[], None, &[]);
    dye(&[("x-dye", "a:1")], Some("a:1"), &[]);
    dye(&[("baggage", "dye=a:1")], Some("a:1"), &[]);
    dye(&[("baggage", "x=1"), ("baggage", "y=2, dye = a%40v2%3A1;p=1 ,z=3")], Some("a@v2:1"), &[]);
    dye(&[("x-dye", "a:1"), ("baggage", "dye=a:1")], Some("a:1"), &[]);
    dye(&[("x-dye", "a:1"), ("baggage", "dye=b:2")], Some("a:1"), &[(Event::Disagreement, 1)]);
    dye(&[("x-dye", "A!"), ("baggage", "dye=b:2")], Some("b:2"), &[(Event::BadDye, 1)]);
    dye(&[("x-dye", "a:1"), ("baggage", "dye=%zz")], Some("a:1"), &[(Event::BadDye, 1)]);
    dye(&[("baggage", "dye")], None, &[(Event::BadDye, 1)]);
    dye(&[("baggage", "Dye=a,xdye=b,x=dye=c")], None, &[]);
}

#[test]
fn a_dye_that_stands_twice_is_one_only_if_it_is_the_same() {
    dye(&[("x-dye", "a"), ("x-dye", "a")], Some("a"), &[(Event::Duplicate, 1)]);
    dye(&[("x-dye", "a"), ("x-dye", "b")], None, &[(Event::Duplicate, 1)]);
    dye(&[("x-dye", "a"), ("x-dye", "b"), ("baggage", "dye=c")], Some("c"), &[(Event::Duplicate, 1)]);
    dye(&[("baggage", "dye=a,dye=a")], Some("a"), &[(Event::Duplicate, 1)]);
    dye(&[("baggage", "dye=a"), ("baggage", "dye=b")], None, &[(Event::Duplicate, 1)]);
    // What something between has joined is not a dye.
    dye(&[("x-dye", "a, a")], None, &[(Event::BadDye, 1)]);
}

#[test]
fn a_roll_is_refused_unless_it_stands_there_once() {
    let roll = |lines: &[(&str, &str)]| {
        let stats = DyeStats::new();
        (read(&headers(lines), &stats).roll.map(|r| r.0), stats.get(Event::BadRoll))
    };
    assert_eq!(roll(&[]), (None, 0));
    assert_eq!(roll(&[("x-dye-roll", "7")]), (Some(7), 0));
    assert_eq!(roll(&[("x-dye-roll", "7"), ("x-dye-roll", "7")]), (None, 1));
    assert_eq!(roll(&[("x-dye-roll", "0x7")]), (None, 1));
}

#[test]
fn the_jobs_id_decides_the_roll() {
    let lane = |lines: &[(&str, &str)]| extract(&headers(lines), &DyeStats::new());
    assert_eq!(lane(&[("x-dye", "a:1"), ("x-dye-roll", "7")]).roll(), Some(Roll::of_job("1")));
    assert_eq!(lane(&[("x-dye", "a"), ("x-dye-roll", "7")]).roll(), Some(Roll(7)));
    assert_eq!(lane(&[("x-dye", "a")]).roll(), None);
}

#[test]
fn a_state_needs_its_parent() {
    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let stats = DyeStats::new();
    let lane = |lines: &[(&str, &str)]| extract(&headers(lines), &stats);
    let both = lane(&[("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]);
    let trace = both.trace().unwrap();
    assert_eq!((trace.parent.to_string().as_str(), trace.state()), (PARENT, Some("a=1,b=2")));
    assert_eq!(lane(&[("tracestate", "a=1")]).trace(), None);
    assert_eq!(stats.get(Event::BadTrace), 0);
    assert_eq!(lane(&[("traceparent", "no"), ("tracestate", "a=1")]).trace(), None);
    assert_eq!(lane(&[("traceparent", PARENT), ("traceparent", PARENT)]).trace(), None);
    assert_eq!(stats.get(Event::BadTrace), 2);
}

#[test]
fn inject_replaces_ours_and_keeps_what_is_foreign() {
    let lane = Lane::of("a@2:1".parse().unwrap()).with_origin(Origin::new("ledger", "batch"));
    let mut map = headers(&[
        ("x-dye", "old"),
        ("x-dye", "older"),
        ("x-dye-mac", "secret"),
        ("baggage", "x=1;p, dye=old"),
        ("baggage", "y=a=b"),
        ("accept", "*/*"),
    ]);
    inject(&lane, &mut map, &DyeStats::new());
    let mut lines: Vec<String> =
        map.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r"
    accept: */*
    baggage: dye=a@2:1,x=1;p,y=a=b
    x-dye-from: ledger/batch
    x-dye-roll: 7335560060985733464
    x-dye: a@2:1
    ");
}

#[test]
fn what_is_stamped_already_stays_byte_for_byte() {
    let lane = Lane::of("a:1".parse().unwrap());
    let mut map = headers(&[("baggage", " x = 1 ,,dye=a:1"), ("baggage", "y=2")]);
    let before: Vec<HeaderValue> = map.get_all("baggage").iter().cloned().collect();
    inject(&lane, &mut map, &DyeStats::new());
    assert_eq!(map.get_all("baggage").iter().cloned().collect::<Vec<_>>(), before);
}

#[test]
fn an_undyed_lane_takes_a_dye_off() {
    let mut map = headers(&[("x-dye", "a"), ("x-dye-roll", "1"), ("baggage", "dye=a")]);
    inject(&Lane::undyed(), &mut map, &DyeStats::new());
    assert!(map.is_empty(), "{map:?}");
}

#[test]
fn a_trace_that_stands_there_stays() {
    let lane = Lane::undyed().with_trace(Some(Trace::new(TraceParent::start(true), Some("a=1"))));
    let mut map = headers(&[("traceparent", "theirs")]);
    inject(&lane, &mut map, &DyeStats::new());
    assert_eq!((map["traceparent"].to_str().unwrap(), map.get("tracestate")), ("theirs", None));
    let mut map = HeaderMap::new();
    inject(&lane, &mut map, &DyeStats::new());
    assert_eq!(map["traceparent"].to_str().unwrap(), lane.trace().unwrap().parent.to_string());
    assert_eq!(map["tracestate"], "a=1");
}

#[test]
fn our_member_has_room_whatever_else_there_is() {
    let foreign: Vec<String> = (0..64).map(|i| format!("k{i}=v")).collect();
    let mut map = headers(&[("baggage", &foreign.join(","))]);
    let stats = DyeStats::new();
    inject(&Lane::of("a:1".parse().unwrap()), &mut map, &stats);
    let line = map["baggage"].to_str().unwrap();
    assert!(line.starts_with("dye=a:1,k0=v,") && line.ends_with(",k62=v"), "{line}");
    assert_eq!(counts(&stats), [(Event::OverLimit, 1)]);
}

#[test]
fn a_message_that_no_header_could_hold_keeps_its_dye() {
    let mut message = vec![("baggage".to_owned(), b"a=\x00,b=1".to_vec())];
    let stats = DyeStats::new();
    inject(&Lane::of("a:1".parse().unwrap()), &mut message, &stats);
    assert!(message.contains(&("baggage".to_owned(), b"dye=a:1,b=1".to_vec())), "{message:?}");
    assert_eq!(counts(&stats), [(Event::BadBaggage, 1)]);
}

#[test]
fn strip_leaves_nothing_of_ours_and_all_of_theirs() {
    let mut map = headers(&[
        ("x-dye", "a"),
        ("x-dye-roll", "1"),
        ("x-dye-from", "a/b"),
        ("x-dye-mac", "m"),
        ("baggage", "x=1"),
        ("baggage", "dye=a, y=2"),
        ("traceparent", "t"),
    ]);
    assert!(strip(&mut map));
    assert_eq!(map, headers(&[("baggage", "x=1,y=2"), ("traceparent", "t")]));
    assert!(!strip(&mut map));
}

#[test]
fn a_map_that_is_full_is_no_panic() {
    let mut map = HeaderMap::new();
    for i in 0.. {
        let name = HeaderName::try_from(format!("h{i}")).unwrap();
        if map.try_append(name, HeaderValue::from_static("")).is_err() {
            break;
        }
    }
    inject(&Lane::of("a:1".parse().unwrap()), &mut map, &DyeStats::new());
}

fn any_dye() -> impl Strategy<Value = Dye> {
    let parts = ("[a-z0-9-]{1,30}", proptest::option::of("[A-Za-z0-9._-]{1,32}"), "[A-Za-z0-9._:@-]{1,60}");
    parts.prop_map(|(chain, version, job)| Dye::new(&chain, version.as_deref(), Some(&job)).unwrap())
}

fn any_lane() -> impl Strategy<Value = Lane> {
    let foreign =
        proptest::collection::vec("[a-zA-Z0-9]{4,8}=[!#-+.-:<-\\[\\]-~]{0,12}(;[a-z]+(=[0-9]*)?)?", 0..60);
    let parts = (proptest::option::of(any_dye()), foreign, any::<bool>(), any::<bool>());
    parts.prop_map(|(dye, foreign, traced, named)| {
        let line = foreign.join(",");
        let baggage = Baggage::read([line.as_bytes()].into_iter(), &DyeStats::new());
        let job = dye.as_ref().and_then(|dye| dye.job().map(Roll::of_job));
        Lane::undyed()
            .with_dye(dye)
            .with_roll(job)
            .with_origin(named.then(|| Origin::new("ledger", "batch").unwrap()))
            .with_trace(traced.then(|| Trace::new(TraceParent::start(true), Some("a=1"))))
            .with_baggage(baggage)
    })
}

proptest! {
    #[test]
    fn what_is_injected_is_extracted(lane in any_lane()) {
        let stats = DyeStats::new();
        let mut map = HeaderMap::new();
        inject(&lane, &mut map, &stats);
        prop_assert_eq!(&extract(&map, &stats), &lane);
        let mut message: Vec<(String, Vec<u8>)> = Vec::new();
        inject(&lane, &mut message, &stats);
        prop_assert_eq!(&extract(&message, &stats), &lane);
        prop_assert_eq!(counts(&stats), vec![]);
        // Once more changes nothing.
        let once = map.clone();
        inject(&lane, &mut map, &stats);
        prop_assert_eq!(map, once);
    }

    #[test]
    fn no_bytes_make_it_panic(
        names in proptest::collection::vec(0usize..7, 0..8),
        values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 8),
        lane in any_lane(),
    ) {
        const NAMES: [&HeaderName; 7] = [
            &header::DYE, &header::ROLL, &header::FROM, &header::MAC, &header::BAGGAGE, &header::TRACEPARENT, &header::TRACESTATE,
        ];
        let stats = DyeStats::new();
        let mut message: Vec<(String, Vec<u8>)> =
            names.iter().zip(&values).map(|(name, value)| (NAMES[*name].to_string(), value.clone())).collect();
        extract(&message, &stats);
        inject(&lane, &mut message, &stats);
        prop_assert_eq!(read(&message, &stats).dye, lane.dye().cloned());
        strip(&mut message);
        prop_assert_eq!(read(&message, &stats), Marks::default());
        CarrierMut::remove(&mut message, &header::BAGGAGE);
    }
}
