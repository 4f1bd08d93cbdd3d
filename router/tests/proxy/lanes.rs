//! Where requests go by their dye, and what travels with them.

use crate::{backend::Backend, raw::Answer, served::Served};
use dyeline_router::{
    dye::Roll,
    propagate::{Edge, Hosts},
};

/// An endpoint that says who it is.
fn group(name: &'static str) -> Backend {
    Backend::new(move |_, io| {
        use std::io::Write;
        write!(io, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len()).ok()
    })
}

struct Lanes {
    online: Backend,
    batch: Backend,
    next: Backend,
}

impl Lanes {
    fn new() -> Self {
        Self { online: group("online"), batch: group("batch"), next: group("next") }
    }

    fn rules(&self) -> String {
        format!(
            "version = 1\n\
             [services.ledger]\nonline = \"http://{}\"\nbatch = \"http://{}\"\nnext = \"http://{}\"\n\
             [services.risk]\nonline = \"http://{}\"\n\
             [groups.batch]\nstart = [\"processor:*\"]\n\
             [chains.fund-income]\nworkers = \"batch\"\nmode = \"strict\"\n\
             [chains.fund-income.hops]\nledger = {{ batch = 90, next = 10 }}\n\
             [chains.reindex]\nworkers = \"batch\"\nmode = \"permissive\"\n[chains.reindex.hops]\nledger = \"batch\"\n",
            self.online.address, self.batch.address, self.next.address, self.online.address
        )
    }
}

fn ask(proxy: &Served, host: &str, fields: &str) -> Answer {
    proxy.client().ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n"))
}

#[test]
fn a_dyed_request_goes_to_its_lane_and_takes_its_dye_along() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |_| {});
    assert_eq!(ask(&proxy, "ledger", "").text(), "online");
    let received = lanes.online.next();
    assert_eq!((received.field("x-dye"), received.field("baggage")), (None, None));

    for n in 0..40 {
        let job = format!("job{n}");
        let roll = Roll::of_job(&job).0;
        let expected = if roll % 100 < 90 { "batch" } else { "next" };
        let answer = ask(&proxy, "ledger", &format!("X-Dye: fund-income:{job}\r\nBaggage: tenant=a\r\n"));
        assert_eq!(answer.text(), expected, "{job}");
        let received = if expected == "batch" { lanes.batch.next() } else { lanes.next.next() };
        assert_eq!(received.field("x-dye"), Some(format!("fund-income:{job}").as_str()));
        assert_eq!(received.field("x-dye-roll"), Some(roll.to_string().as_str()));
        let baggage = received.field("baggage").unwrap();
        assert!(
            baggage.contains(&format!("dye=fund-income:{job}")) && baggage.contains("tenant=a"),
            "{baggage}"
        );
    }
}

#[test]
fn a_dye_in_baggage_alone_is_a_dye() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |_| {});
    assert_eq!(ask(&proxy, "ledger", "Baggage: a=b\r\nBaggage: c=d,dye=reindex%3Ajob1\r\n").text(), "batch");
    assert_eq!(lanes.batch.next().field("x-dye"), Some("reindex:job1"));
}

#[test]
fn a_hop_without_a_rule_in_a_strict_chain_is_refused_with_the_rule_to_write() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |_| {});
    let answer = ask(&proxy, "risk", "X-Dye: fund-income:job1\r\n");
    assert_eq!((answer.status, answer.field("x-dyeline-error")), (502, Some("dyeline::route::no_rule")));
    assert!(answer.text().contains("risk") && answer.text().contains("rules.toml"), "{}", answer.text());
    assert!(lanes.online.all().is_empty());
}

#[test]
fn without_a_dye_the_callers_own_group_decides_and_the_caller_is_stamped() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| {
        settings.caller.service = Some("risk".into());
        settings.caller.group = Some("batch".into());
    });
    assert_eq!(ask(&proxy, "ledger", "X-Dye-From: shop/online\r\n").text(), "batch");
    assert_eq!(lanes.batch.next().field("x-dye-from"), Some("risk/batch"));
    let proxy = Served::rules(&lanes.rules(), |_| {});
    assert_eq!(ask(&proxy, "ledger", "X-Dye-From: risk/batch\r\n").text(), "batch");
    assert_eq!(lanes.batch.next().field("x-dye-from"), Some("risk/batch"));
}

#[test]
fn dyes_from_outside_are_taken_off_at_the_edge() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| settings.listeners[0].edge = Some(Edge::Strip));
    let fields = "X-Dye: reindex:job1\r\nX-Dye-Roll: 7\r\nX-Dye-From: risk/batch\r\nBaggage: a=b,dye=reindex\r\n\
                  X-Forwarded-For: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\n";
    assert_eq!(ask(&proxy, "ledger", fields).text(), "online");
    let received = lanes.online.next();
    for name in ["x-dye", "x-dye-roll", "x-dye-from", "forwarded"] {
        assert_eq!(received.field(name), None, "{name}");
    }
    assert_eq!(received.field("baggage"), Some("a=b"));
    assert_eq!(received.field("x-forwarded-for"), Some("127.0.0.1"));
}

#[test]
fn a_dye_does_not_leave_the_listed_hosts() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| {
        settings.only_to = Hosts::parse(["*.corp.internal"]).unwrap();
    });
    assert_eq!(
        ask(&proxy, "ledger", "X-Dye: reindex:job1\r\nBaggage: dye=reindex:job1,a=b\r\n").text(),
        "batch"
    );
    let received = lanes.batch.next();
    assert_eq!((received.field("x-dye"), received.field("baggage")), (None, Some("a=b")));
}

#[test]
fn in_front_of_a_group_only_what_belongs_there_is_let_in() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| {
        settings.listeners[0].service = Some("ledger".into());
        settings.listeners[0].group = Some("batch".into());
    });
    assert_eq!(ask(&proxy, "x", "X-Dye: fund-income:job1\r\n").text(), "batch");
    assert_eq!(
        ask(&proxy, "x", "X-Dye-From: risk/batch\r\n").text(),
        "batch",
        "a lost tag stays in its lane"
    );
    for fields in ["", "X-Dye: unheard-of:job1\r\n", "X-Dye-From: risk/online\r\n"] {
        let answer = ask(&proxy, "x", fields);
        assert_eq!(
            (answer.status, answer.field("x-dyeline-error")),
            (421, Some("dyeline::proxy::foreign")),
            "{fields}"
        );
    }
    assert_eq!(lanes.batch.all().len(), 2);
}

#[test]
fn a_route_is_explained_where_that_is_allowed_and_asked_for() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| settings.explain = true);
    let answer = ask(&proxy, "ledger", "X-Dye: reindex:job1\r\nX-Dyeline-Route: explain\r\n");
    let route = answer.field("x-dyeline-route").unwrap();
    assert!(route.contains("batch") && route.contains(&lanes.batch.address.to_string()), "{route}");
    assert_eq!(lanes.batch.next().field("x-dyeline-route"), None);
    assert_eq!(ask(&proxy, "ledger", "").field("x-dyeline-route"), None);
    let proxy = Served::rules(&lanes.rules(), |_| {});
    assert_eq!(ask(&proxy, "ledger", "X-Dyeline-Route: explain\r\n").field("x-dyeline-route"), None);
}

#[test]
fn calls_are_counted_and_shown_to_operators() {
    let lanes = Lanes::new();
    let proxy = Served::rules(&lanes.rules(), |settings| {
        settings.admin = Some("127.0.0.1:0".parse().unwrap());
        settings.caller.service = Some("shop".into());
        settings.caller.group = Some("online".into());
        settings.threads = 2;
    });
    for _ in 0..3 {
        ask(&proxy, "ledger", "X-Dye: reindex@2:job1\r\n");
        ask(&proxy, "ledger", "");
    }
    ask(&proxy, "nobody", "");
    let admin = |path: &str| {
        let mut client = crate::raw::Raw::to(proxy.admin());
        client.ask(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
    };
    let metrics = admin("/metrics").text();
    for line in [
        "dyeline_calls_sent_total{chain=\"reindex\",version=\"2\",from=\"shop\",to=\"ledger\",from_group=\"online\",to_group=\"batch\"} 3",
        "dyeline_calls_sent_total{chain=\"\",version=\"\",from=\"shop\",to=\"ledger\",from_group=\"online\",to_group=\"online\"} 3",
        "dyeline_proxy_responses_total{class=\"2xx\"} 6",
        "dyeline_proxy_responses_total{class=\"4xx\"} 1",
        "dyeline_proxy_refusals_total{code=\"dyeline::route::unknown_service\"} 1",
        "dyeline_proxy_response_seconds_count 7",
        "dyeline_proxy_response_seconds_bucket{le=\"+Inf\"} 7",
        "dyeline_proxy_retries_total 0",
        "dyeline_dye_bad_total 0",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line}\nis not in\n{metrics}");
    }
    assert!(admin("/routes").text().contains(&format!("ledger batch http://{} up 0", lanes.batch.address)));
    assert_eq!((admin("/healthz").status, admin("/ready").status, admin("/x").status), (200, 200, 404));
}
