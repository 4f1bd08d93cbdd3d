//! The config as a whole: listeners, the routes behind them, clusters.

use std::net::SocketAddr;

use http::HeaderName;

use super::{cluster::Clusters, difference, route};
use crate::{
    export::{
        Document, Exported, Sidecar,
        document::{list, map},
        gap::Gaps,
        plan,
    },
    propagate::header,
    rules::{Edge, Rules},
    table::Table,
};

/// How long a stream may be idle, as in the proxy.
const IDLE: &str = "60s";

/// Instructions of the largest regular expression: one for each character of a name, and some. Envoy refuses more
/// than 100 if it is not told.
const MOST_INSTRUCTIONS: u64 = 1000;

/// What an Envoy beside this caller has to be told. `rules` are those that the table was made of.
pub fn envoy(rules: &Rules, table: &Table, sidecar: &Sidecar) -> Exported {
    let mut gaps = Gaps::default();
    let calls = plan::calls(rules, table, sidecar.service.as_deref(), sidecar.group.as_deref());
    let mut clusters = Clusters::new(rules);
    let routes = route::routes(table, sidecar, &calls, &mut clusters);
    difference::of_rules(rules, sidecar, &calls, &mut gaps);
    let mut listeners = vec![listener("outbound", sidecar.listen, &routes, None)];
    if let Some(edge) = sidecar.edge {
        listeners.push(listener("edge", edge, &routes, Some(rules.dye.edge)));
        difference::of_edge(rules.dye.edge, &mut gaps);
    }
    let clusters = clusters.into_documents(&mut gaps);
    let caller = sidecar.service.as_deref().unwrap_or("any");
    let id = format!("{caller}/{}", sidecar.group.as_deref().unwrap_or("any"));
    let limit = map([("re2.max_program_size.error_level", MOST_INSTRUCTIONS.into())]);
    let document = map([("node", map([("id", id.into()), ("cluster", caller.into())]))])
        .with_some("admin", sidecar.admin.map(|address| map([("address", socket(address))])))
        .with([
            (
                "layered_runtime",
                map([("layers", list([map([("name", "dyeline".into()), ("static_layer", limit)])]))]),
            ),
            ("static_resources", map([("listeners", list(listeners)), ("clusters", list(clusters))])),
        ]);
    Exported { document, gaps: gaps.into_mistakes() }
}

/// An address to listen on.
fn socket(address: SocketAddr) -> Document {
    let socket =
        map([("address", address.ip().to_string().into()), ("port_value", u64::from(address.port()).into())]);
    map([("socket_address", socket)])
}

fn listener(name: &str, address: SocketAddr, routes: &Document, edge: Option<Edge>) -> Document {
    let filter = map([
        ("name", "envoy.filters.network.http_connection_manager".into()),
        ("typed_config", manager(name, routes, edge)),
    ]);
    map([
        ("name", name.into()),
        ("address", socket(address)),
        ("filter_chains", list([map([("filters", list([filter]))])])),
    ])
}

fn manager(name: &str, routes: &Document, edge: Option<Edge>) -> Document {
    let router = map([
        ("@type", "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router".into()),
        ("suppress_envoy_headers", true.into()),
    ]);
    let kind = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let strips = edge.is_some_and(|edge| edge != Edge::Trust);
    map([
        ("@type", kind.into()),
        ("stat_prefix", name.into()),
        ("codec_type", "AUTO".into()),
        ("use_remote_address", edge.is_some().into()),
        ("generate_request_id", false.into()),
        ("server_header_transformation", "PASS_THROUGH".into()),
        ("stream_idle_timeout", IDLE.into()),
        ("upgrade_configs", list([map([("upgrade_type", "websocket".into())])])),
    ])
    .with_some("early_header_mutation_extensions", strips.then(|| list([strip()])))
    .with([
        ("route_config", routes.clone()),
        (
            "http_filters",
            list([map([("name", "envoy.filters.http.router".into()), ("typed_config", router)])]),
        ),
    ])
}

/// Takes everything of ours off before a route is chosen.
fn strip() -> Document {
    let kind =
        "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";
    let mutations = OURS.map(|name| map([("remove", name.as_str().into())]));
    map([
        ("name", "envoy.http.early_header_mutation.header_mutation".into()),
        ("typed_config", map([("@type", kind.into()), ("mutations", list(mutations))])),
    ])
}

/// The fields that hold a dye or speak of one.
pub(super) static OURS: [&HeaderName; 5] =
    [&header::DYE, &header::ROLL, &header::FROM, &header::MAC, &header::BAGGAGE];
