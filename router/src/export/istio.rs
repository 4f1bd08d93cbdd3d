//! Resources of `networking.istio.io/v1` for a whole mesh: what each service is, and where its calls go.
//!
//! ```text
//! ServiceEntry (endpoints, each with its group) ◀── DestinationRule (a subset for each group)
//!                                               ◀── VirtualService (x-dye, who calls → subsets)
//! ```

use super::{
    Document, Exported,
    document::{list, map},
    gap::Gaps,
    plan::{self, Fate, Way},
};
use crate::{
    decide::Ask,
    propagate::header,
    rules::{Address, Balance, Edge, Members, Placed, RollBy, Rules, ServiceRule},
    table::Table,
};

/// What stands behind the name of a service: a name without a dot would be one of the namespace.
const DOMAIN: &str = "dyeline.internal";
/// The port that callers use, which is HTTP's.
const PORT: u64 = 80;
/// The labels of workloads that say what they are.
const APP: &str = "app";
const GROUP: &str = "group";
/// The fields of a dye that requests have.
const OURS: [&str; 5] = ["x-dye", "x-dye-roll", "x-dye-from", "x-dye-mac", "baggage"];

/// What an Istio has to be told. `rules` are those that the table was made of.
pub fn istio(rules: &Rules, table: &Table) -> Exported {
    let mut gaps = Gaps::default();
    of_mesh(rules, &mut gaps);
    let mut items = Vec::new();
    for service in rules.services.iter().filter(|service| !service.is_topic) {
        items.push(entry(service, &mut gaps));
        items.push(destinations(service));
        items.push(routes(rules, table, service, &mut gaps));
    }
    let document = map([("apiVersion", "v1".into()), ("kind", "List".into()), ("items", list(items))]);
    Exported { document, gaps: gaps.into_mistakes() }
}

fn resource(kind: &str, service: &ServiceRule, spec: Document) -> Document {
    map([
        ("apiVersion", "networking.istio.io/v1".into()),
        ("kind", kind.into()),
        ("metadata", map([("name", service.name.value.as_str().into())])),
        ("spec", spec),
    ])
}

fn host(service: &ServiceRule) -> Document {
    format!("{}.{DOMAIN}", service.name.value).into()
}

/// All endpoints of a service, with their groups.
fn endpoints(service: &ServiceRule) -> impl Iterator<Item = (&str, &Placed<Address>)> {
    service.groups.iter().flat_map(|group| {
        let list: &[Placed<Address>] = match &group.members {
            Members::Endpoints(list) => list,
            Members::Topic(_) => &[],
        };
        list.iter().map(|address| (group.name.value.as_str(), address))
    })
}

fn entry(service: &ServiceRule, gaps: &mut Gaps) -> Document {
    let first = endpoints(service).next().map(|(_, address)| address.value.scheme());
    let protocol = if first.is_some_and(|scheme| scheme.is_grpc()) { "GRPC" } else { "HTTP" };
    let workloads = endpoints(service).map(|(group, address)| {
        if Some(address.value.scheme()) != first {
            let what = format!("`{}` is not spoken to as the service's first endpoint is", address.value);
            gaps.at(&address.place, what, "Istio speaks to all of them alike; make another service of it");
        }
        let address = &address.value;
        map([
            ("address", address.host().trim_start_matches('[').trim_end_matches(']').into()),
            ("ports", map([("lane", u64::from(address.port()).into())])),
            ("labels", map([(GROUP, group.into())])),
        ])
    });
    let workloads: Vec<Document> = workloads.collect();
    let port = map([("number", PORT.into()), ("name", "lane".into()), ("protocol", protocol.into())]);
    let spec = map([
        ("hosts", list([host(service)])),
        ("location", "MESH_INTERNAL".into()),
        ("resolution", "DNS".into()),
        ("ports", list([port])),
        ("endpoints", list(workloads)),
    ]);
    resource("ServiceEntry", service, spec)
}

fn destinations(service: &ServiceRule) -> Document {
    let subsets = service.groups.iter().map(|group| {
        let name = group.name.value.as_str();
        map([("name", name.into()), ("labels", map([(GROUP, name.into())]))])
    });
    let balancer = match service.balance {
        Balance::P2c => map([("simple", "LEAST_REQUEST".into())]),
        Balance::Rendezvous => {
            map([("consistentHash", map([("httpHeaderName", header::ROLL.as_str().into())]))])
        }
    };
    let health = &service.health;
    let ejection = map([
        ("consecutive5xxErrors", u64::from(health.failures).into()),
        ("interval", format!("{}ms", health.window.as_millis()).into()),
        ("baseEjectionTime", format!("{}ms", health.backoff.0.as_millis()).into()),
        ("maxEjectionPercent", u64::from(health.max_ejected_ppm / 10_000).into()),
    ]);
    let is_tls = endpoints(service).next().is_some_and(|(_, address)| address.value.scheme().is_tls());
    let policy = map([("loadBalancer", balancer), ("outlierDetection", ejection)])
        .with_some("tls", is_tls.then(|| map([("mode", "SIMPLE".into())])));
    let spec = map([("host", host(service)), ("trafficPolicy", policy), ("subsets", list(subsets))]);
    resource("DestinationRule", service, spec)
}

fn routes(rules: &Rules, table: &Table, service: &ServiceRule, gaps: &mut Gaps) -> Document {
    let to = service.name.value.as_str();
    let mut chains: Vec<&str> = rules.chains.iter().map(|chain| chain.iteration.value.as_str()).collect();
    // The first route that matches is taken.
    chains.sort_by_key(|iteration| !iteration.contains('@'));
    let mut all = Vec::new();
    for iteration in chains {
        let callers = rules.chains_of(iteration).flat_map(|chain| &chain.hops);
        let callers = callers.filter(|hop| hop.to == to).filter_map(|hop| hop.from.as_deref());
        let callers: std::collections::BTreeSet<&str> = callers.collect();
        for from in callers.into_iter().map(Some).chain([None]) {
            let ask = Ask { from, to, ..Ask::default() };
            let labels = from.map(|from| (APP, from));
            match plan::lane(rules, table, service, iteration, &ask) {
                Fate::Goes(way) if way.place.is_none() => {
                    all.extend(by_own_group(rules, service, Some(iteration), &way));
                }
                fate => all.push(route(rules, service, &fate, matches(Some(iteration), labels), gaps)),
            }
        }
    }
    match plan::outside(rules, table, service, &Ask { to, ..Ask::default() }) {
        Fate::Goes(way) => all.extend(by_own_group(rules, service, None, &way)),
        fate => all.push(route(rules, service, &fate, Vec::new(), gaps)),
    }
    let spec = map([("hosts", list([host(service)])), ("http", list(all))]);
    resource("VirtualService", service, spec)
}

/// A call without a rule: to the caller's own group if the service has it, else where `otherwise` leads.
fn by_own_group(
    rules: &Rules,
    service: &ServiceRule,
    iteration: Option<&str>,
    otherwise: &Way<'_>,
) -> Vec<Document> {
    let groups = service.groups.iter().map(|group| group.name.value.as_str());
    let own = groups.map(|group| {
        let when = matches(iteration, Some((GROUP, group)));
        map([("match", list(when)), ("route", list([destination(rules, service, group, None)]))])
    });
    let mut routes: Vec<Document> = own.collect();
    let to = destination(rules, service, otherwise.shares[0].0, None);
    let when = matches(iteration, None);
    let when = (!when.is_empty()).then(|| list(when));
    routes.push(Document::Map(Vec::new()).with_some("match", when).with([("route", list([to]))]));
    routes
}

/// When a route is taken: any of these.
fn matches(iteration: Option<&str>, label: Option<(&str, &str)>) -> Vec<Document> {
    let labels = label.map(|(key, value)| map([(key, value.into())]));
    let Some(iteration) = iteration else {
        return labels.map(|labels| vec![map([("sourceLabels", labels)])]).unwrap_or_default();
    };
    let mut values = vec![("exact", iteration.to_owned()), ("prefix", format!("{iteration}:"))];
    if !iteration.contains('@') {
        values.push(("prefix", format!("{iteration}@")));
    }
    let one = |(how, value): (&str, String)| {
        let field = map([(header::DYE.as_str(), map([(how, value.into())]))]);
        map([("headers", field)]).with_some("sourceLabels", labels.clone())
    };
    values.into_iter().map(one).collect()
}

fn route(
    rules: &Rules,
    service: &ServiceRule,
    fate: &Fate<'_>,
    when: Vec<Document>,
    gaps: &mut Gaps,
) -> Document {
    let when = (!when.is_empty()).then(|| list(when));
    let document = Document::Map(Vec::new()).with_some("match", when);
    match fate {
        Fate::Goes(way) => {
            of_way(service, way, gaps);
            let is_weighed = way.shares.len() > 1;
            let to = way.shares.iter().filter(|(_, weight)| *weight > 0);
            let to =
                to.map(|(group, weight)| destination(rules, service, group, is_weighed.then_some(*weight)));
            document.with([("route", list(to))])
        }
        Fate::Nowhere(error) => {
            let text = format!("{}: {error}\n", error.code());
            let body = map([("string", text.into())]);
            document.with([("directResponse", map([("status", 502.into()), ("body", body)]))])
        }
    }
}

fn destination(rules: &Rules, service: &ServiceRule, group: &str, weight: Option<u32>) -> Document {
    let hosts = rules.dye.hosts();
    let allowed = |address: &Address| hosts.allows(address.host(), Some(address.port()));
    let withheld = endpoints(service).any(|(of, address)| of == group && !allowed(&address.value));
    let remove = || map([("request", map([("remove", list(OURS))]))]);
    let port = map([("number", PORT.into())]);
    map([("destination", map([("host", host(service)), ("subset", group.into()), ("port", port)]))])
        .with_some("weight", weight.map(u64::from))
        .with_some("headers", withheld.then(remove))
}

/// Of one hop.
fn of_way(service: &ServiceRule, way: &Way<'_>, gaps: &mut Gaps) {
    let Some(place) = way.place else { return };
    if way.shares.len() > 1 && way.roll != RollBy::Call {
        let what = "the weights are not rolled once for each job";
        gaps.at(place, what, "Istio draws for each call, so that the calls of one job go to several groups");
    }
    if !way.if_down.is_empty() {
        let what = format!("`if_down` of calls to `{}` cannot be said", service.name.value);
        gaps.at(place, what, "calls stay with their group when it is down, and fail");
    }
    if way.balance != service.balance {
        let what = format!("`balance` of this hop differs from that of `{}`", service.name.value);
        gaps.at(place, what, "a subset is balanced in one way; write it in the service's table");
    }
}

/// Of the mesh as a whole.
fn of_mesh(rules: &Rules, gaps: &mut Gaps) {
    gaps.topics(rules);
    gaps.note(
        format!("services are called as `<name>.{DOMAIN}`, and workloads are known by labels"),
        format!("each has `{APP}` for its service and `{GROUP}` for its group; `\"a -> b\"` and the own group go by them"),
    );
    gaps.note(
        "a dye that stands in `baggage` only is not followed, and no field is written",
        "`x-dye-from` is not stamped; have the library or `dyeline route serve` in services that call on",
    );
    gaps.note(
        "success rates, doubling back-off and the window of `health` are Istio's own",
        "an endpoint is ejected after so many failures in a row, and looked at again once in each `window`",
    );
    gaps.note(
        "groups of a lane do not refuse what does not belong to them",
        "write an AuthorizationPolicy, or have the server layer of the library refuse",
    );
    if rules.dye.edge != Edge::Trust {
        gaps.note(
            "dyes from outside are not taken off",
            "the gateway is not in the rules; take `x-dye`, `x-dye-roll`, `x-dye-from` and `baggage` off there",
        );
    }
    if !rules.dye.only_to.is_empty() {
        gaps.note(
            "where the dye must not go, `baggage` is taken off as a whole",
            "Istio cannot take one member out of a field",
        );
    }
}
