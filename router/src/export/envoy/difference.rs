//! What Envoy cannot do, or does in another way: each thing that these rules need of it is named.

use crate::{
    export::{
        Sidecar,
        gap::Gaps,
        plan::{Calls, Fate, Way},
    },
    rules::{Address, Balance, ChainRule, Edge, Placed, RollBy, Rules, ServiceGroup, ServiceRule},
};

use super::cluster::{AUTHORITIES, addresses};

/// Of chains and hops.
pub(super) fn of_rules(rules: &Rules, sidecar: &Sidecar, calls: &[Calls<'_>], gaps: &mut Gaps) {
    if sidecar.service.is_none() {
        of_any_caller(rules, gaps);
    }
    gaps.topics(rules);
    for calls in calls {
        for (chain, fate) in &calls.lanes {
            match fate {
                Fate::Goes(way) => of_way(chain, way, gaps),
                Fate::Nowhere(_) => gaps.note(
                    "a gRPC call that goes nowhere ends with status 14 (unavailable)",
                    "the proxy ends it with 9 (failed precondition), which callers do not try again",
                ),
            }
        }
    }
    if !rules.chains.is_empty() {
        of_dyes(gaps);
    }
    if rules.groups.iter().any(|group| !group.start.is_empty()) {
        gaps.note(
            "groups of a lane do not refuse what does not belong to them",
            "this config is of the calling side; the server layer of the library or `dyeline route serve` refuses",
        );
    }
}

fn of_any_caller(rules: &Rules, gaps: &mut Gaps) {
    for hop in rules.chains.iter().flat_map(|chain| &chain.hops).filter(|hop| hop.from.is_some()) {
        let instead = "the config is for any caller; write one for each with `--from`";
        gaps.at(&hop.place, format!("the hop `{}` is about one caller", hop.key()), instead);
    }
    gaps.note(
        "the caller is not read from `x-dye-from`",
        "write a config for each caller with `--from` and `--group`: it says who calls",
    );
}

fn of_way(chain: &ChainRule, way: &Way<'_>, gaps: &mut Gaps) {
    if way.shares.len() < 2 || way.roll == RollBy::Call {
        return;
    }
    if way.roll == RollBy::Hop {
        let place = way.place.unwrap_or(&chain.iteration.place);
        let what =
            format!("`{}` rolls by hop, and Envoy cannot mix the roll with the hop", chain.iteration.value);
        gaps.at(place, what, "it takes `x-dye-roll` as it comes: one job goes the same way at every hop");
    }
    gaps.note(
        "the roll does not follow from the job: Envoy takes it from `x-dye-roll`",
        "a call without exactly one decimal `x-dye-roll` below 2^64 is rolled anew each time, and nobody is told; the \
         library and the proxy send one with every dye, and the edge has to take others off",
    );
}

fn of_dyes(gaps: &mut Gaps) {
    gaps.note(
        "a call is passed on with the fields it came with",
        "a dye that stands in `baggage` only is followed, and not written to `x-dye`, nor the other way round; its \
         weights are rolled anew each time where `x-dye-roll` is missing too",
    );
    gaps.note(
        "several different dyes on one call, and dyes over 128 bytes, are not taken for none",
        "of several members in `baggage` any may be followed; the library and the proxy follow none of them",
    );
    gaps.note(
        "leaks are not counted",
        "Envoy counts calls by cluster; `dyeline route serve` counts by chain, hop and group",
    );
}

/// Of the edge.
pub(super) fn of_edge(edge: Edge, gaps: &mut Gaps) {
    match edge {
        Edge::Strip => gaps.note(
            "at the edge `baggage` is taken off as a whole",
            "Envoy cannot take one member out of a field; other members from outside are lost",
        ),
        Edge::Verify => gaps.note(
            "`edge = \"verify\"` needs a keyed code, which Envoy cannot check",
            "every dye from outside is taken off, and `baggage` as a whole",
        ),
        Edge::Trust => gaps.note(
            "`edge = \"trust\"` passes on what comes, an `x-dye-roll` that is no roll too",
            "such a roll is drawn anew for each call, and nobody is told",
        ),
    }
}

/// Of hosts that a dye must not be sent to.
pub(super) fn of_hosts(rules: &Rules, withheld: &[&Placed<Address>], gaps: &mut Gaps) {
    for address in withheld {
        let what =
            format!("the dye must not go to `{}`, and is one member of `baggage`", address.value.host());
        gaps.at(
            &address.place,
            what,
            "calls to the whole group, and to what falls back to it, lose `baggage`",
        );
    }
    let tls = |service: &ServiceRule| {
        service.groups.iter().flat_map(addresses).any(|address| address.value.scheme().is_tls())
    };
    if rules.services.iter().any(tls) {
        gaps.note(
            "who is trusted for TLS is not in the rules",
            format!("the config names {AUTHORITIES}; change it where the system keeps them elsewhere"),
        );
    }
}

/// Of one group's endpoints.
pub(super) fn of_group(service: &ServiceRule, group: &ServiceGroup, balance: Balance, gaps: &mut Gaps) {
    let all = addresses(group);
    if let Some(odd) = all.iter().find(|address| address.value.scheme() != all[0].value.scheme()) {
        let first = all[0].value.scheme().as_str();
        let what = format!("`{}` is not spoken to by `{first}` as the group's first endpoint is", odd.value);
        gaps.at(
            &odd.place,
            what,
            format!("Envoy speaks to all of them by `{first}`; give them groups of their own"),
        );
    }
    if balance == Balance::Rendezvous {
        gaps.note(
            format!("the endpoint a job prefers in `{}` is another one than the proxy's", service.name.value),
            "Envoy hashes onto a ring; a job still keeps its endpoint",
        );
    }
    gaps.note(
        "endpoints are ejected by Envoy's outlier detection",
        "it looks at rates and takes endpoints back once in each `window`, shares are whole percents, and back-off \
         grows by its shortest time instead of doubling",
    );
}

/// Of groups that stand in for others.
pub(super) fn of_fallbacks(gaps: &mut Gaps) {
    gaps.note(
        "when a group and all of its `if_down` are down, calls are spread over all of them",
        "the proxy stays with the group that was meant; with Envoy such calls may reach a fallback that is down too",
    );
}
