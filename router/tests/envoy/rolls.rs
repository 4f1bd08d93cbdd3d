//! Weights: Envoy's arithmetic on `x-dye-roll` is the table's.

use dyeline_router::decide::Ask;

use crate::{
    backends::Backends,
    client::Client,
    envoy::{Envoy, export, find, table},
};

const RULES: &str = r#"
version = 1
[services.ledger]
alpha  = "http://<ledger:alpha/0>"
beta   = "http://<ledger:beta/0>"
online = "http://<ledger:online/0>"
[chains.weighed]
mode = "permissive"
[chains.weighed.hops]
ledger = { online = 11, beta = 0, alpha = 2 }
[chains.large]
mode = "permissive"
[chains.large.hops]
ledger = { alpha = 1000000, beta = 999999, online = 1 }
[chains.drawn]
mode = "permissive"
roll = "call"
[chains.drawn.hops]
ledger = { alpha = 3, beta = 1 }
[chains.by-hop]
roll = "hop"
[chains.by-hop.hops]
ledger = { alpha = 3, beta = 1 }
"#;

/// Calls that are enough to tell a quarter from none and from all: six standard deviations are 0.13.
const DRAWN: usize = 400;

#[test]
fn a_roll_falls_on_the_same_group() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let (_, table) = table(&text);
    let envoy = Envoy::beside(&program, &text, None);
    let mut client = Client::of(envoy.sidecar.listen);
    let spread = (0..600).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let edges = [0, 1, 2, 10, 11, 12, 13, 999_999, 1_000_000, 1_999_998, 1_999_999, 2_000_000];
    let large = [(1 << 53) + 1, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
    for roll in edges.into_iter().chain(large).chain(spread) {
        for chain in ["weighed", "large"] {
            let ask = Ask {
                iteration: Some(chain),
                job: Some("j"),
                roll: Some(roll),
                to: "ledger",
                ..Ask::default()
            };
            let group = table.decide(&ask).unwrap().group();
            let answer = client.send("ledger", &format!("x-dye: {chain}:j\r\nx-dye-roll: {roll}\r\n"));
            assert_eq!(answer.group(), format!("ledger:{group}"), "{chain} {roll}");
        }
    }
}

#[test]
fn a_roll_by_call_is_drawn_by_envoy_and_one_by_hop_is_named() {
    let Some(program) = find() else { return };
    let backends = Backends::new();
    let text = backends.rules(RULES);
    let envoy = Envoy::beside(&program, &text, None);
    let mut client = Client::of(envoy.sidecar.listen);
    let alpha =
        (0..DRAWN).filter(|_| client.call("ledger", Some("drawn:j")).group() == "ledger:alpha").count();
    let share = alpha as f64 / DRAWN as f64;
    assert!((0.62..0.88).contains(&share), "{share}");
    let gaps = export(&text, None).1.gaps;
    assert!(gaps.iter().any(|gap| gap.message().contains("`by-hop` rolls by hop") && gap.place().is_some()));
}
