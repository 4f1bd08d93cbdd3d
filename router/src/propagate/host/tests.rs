//! Which hosts a pattern names.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(patterns: &[&str], allowed: &[(&str, Option<u16>)], refused: &[(&str, Option<u16>)]) {
    let hosts = Hosts::parse(patterns.iter().copied()).unwrap();
    for (host, port) in allowed {
        assert!(hosts.allows(host, *port), "{patterns:?} should allow {host} {port:?}");
    }
    for (host, port) in refused {
        assert!(!hosts.allows(host, *port), "{patterns:?} should not allow {host} {port:?}");
    }
}

#[test]
fn a_name_is_that_host_at_any_port() {
    check(
        &["Ledger"],
        &[("ledger", None), ("LEDGER", Some(8080)), ("ledger.", Some(1))],
        &[("ledger2", None), ("a.ledger", None), ("", None), (".", None)],
    );
    check(&["ledger:8080"], &[("ledger", Some(8080))], &[("ledger", Some(80)), ("ledger", None)]);
    check(
        &["ledger:80", "ledger:81"],
        &[("ledger", Some(80)), ("ledger", Some(81))],
        &[("ledger", Some(82))],
    );
}

#[test]
fn a_star_is_whatever_stands_below_and_not_the_name_itself() {
    check(
        &["*.corp.internal"],
        &[("a.corp.internal", None), ("a.b.Corp.Internal.", Some(443))],
        &[
            ("corp.internal", None),
            ("xcorp.internal", None),
            ("a.corp.internal.evil.com", None),
            ("internal", None),
        ],
    );
    check(&["*.corp:443"], &[("a.corp", Some(443))], &[("a.corp", Some(80)), ("a.corp", None)]);
    check(&["*"], &[("anything", None), ("10.0.0.1", Some(1)), ("::1", None)], &[]);
    check(&["*:443"], &[("anything", Some(443)), ("::1", Some(443))], &[("anything", Some(80))]);
}

#[test]
fn addresses_are_compared_as_addresses() {
    check(&["10.0.0.7"], &[("10.0.0.7", Some(80))], &[("10.0.0.70", None), ("a.10.0.0.7", None)]);
    check(
        &["2001:db8::7"],
        &[("[2001:db8:0:0::7]", Some(80)), ("2001:DB8::7", None)],
        &[("[2001:db8::8]", None), ("2001", None)],
    );
    check(&["[::1]:8080"], &[("[::1]", Some(8080)), ("0:0:0:0:0:0:0:1", Some(8080))], &[("::1", Some(80))]);
    check(&["[::1]"], &[("::1", Some(80))], &[]);
}

#[test]
fn no_pattern_allows_nothing() {
    check(&[], &[], &[("ledger", None), ("::1", None)]);
    assert!(Hosts::any().allows("ledger", None));
}

#[test]
fn the_port_of_a_uri_is_its_schemes_if_it_names_none() {
    let hosts = Hosts::parse(["ledger:443"]).unwrap();
    let allows = |uri: &str| hosts.allows_uri(&uri.parse().unwrap());
    assert!(allows("https://ledger/x"));
    assert!(allows("http://ledger:443/x"));
    assert!(!allows("http://ledger/x"));
    assert!(!allows("/x"));
    assert!(Hosts::parse(["[::1]:80"]).unwrap().allows_uri(&"http://[::1]/".parse().unwrap()));
    // A name before an @ is no host.
    assert!(!allows("https://ledger@evil.com/"));
}

#[test]
fn all_bad_patterns_are_told_at_once() {
    let bad = Hosts::parse([
        "",
        "ledger:",
        "ledger:0",
        "ledger:65536",
        "ledger:+80",
        "http://ledger",
        "a.*.b",
        "*ledger",
        "a..b",
        "bücher",
        "a b",
        "*.",
        "[::1",
        "[::g]:80",
    ]);
    let lines: Vec<String> = bad.unwrap_err().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let long = "x".repeat(254);
    assert_eq!(Hosts::parse([long.as_str()]).unwrap_err()[0].why(), "it is over 253 bytes");
}

proptest! {
    #[test]
    fn no_host_makes_it_panic(pattern in any::<String>(), host in any::<String>(), port: Option<u16>) {
        if let Ok(hosts) = Hosts::parse([pattern.as_str(), "*.corp", "ledger:80"]) {
            hosts.allows(&host, port);
        }
    }

    #[test]
    fn below_means_a_dot_and_the_suffix(host in "[a-z]{1,3}(\\.[a-z]{1,3}){0,3}", suffix in "[a-z]{1,3}(\\.[a-z]{1,3}){0,1}") {
        let hosts = Hosts::parse([format!("*.{suffix}").as_str()]).unwrap();
        prop_assert_eq!(hosts.allows(&host, None), host.ends_with(&format!(".{suffix}")));
    }
}
