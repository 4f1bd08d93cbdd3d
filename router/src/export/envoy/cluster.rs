//! Clusters: the endpoints of one group of one service, and groups with others to fall back to.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::difference;
use crate::{
    export::{
        Document,
        document::{list, map},
        gap::Gaps,
        plan::Way,
    },
    propagate::Hosts,
    rules::{Address, Balance, HealthRule, Members, Placed, Rules, Scheme, ServiceGroup, ServiceRule},
};

/// A connection has to be there by then, as in the proxy.
const CONNECT: &str = "1s";
/// A group with one healthy endpoint in a thousand takes all of its calls: only when there is none do others take any.
const OVERPROVISIONING: u64 = 100_000;
/// Below this share of healthy endpoints, in percent, the ejected ones are used too: when all of them are.
const PANIC: u64 = 1;
/// Connections and calls of one group at once: more than Envoy's 1,024, which would refuse calls.
const MOST: u64 = 65_536;
/// Where the certificates of the system are, on Debian and what descends from it.
pub(super) const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The clusters that routes lead to, each once.
pub(super) struct Clusters<'r> {
    rules: &'r Rules,
    hosts: Hosts,
    groups: BTreeMap<String, (&'r ServiceRule, &'r ServiceGroup, Balance)>,
    /// Clusters that others stand in for, by name: themselves first.
    chains: BTreeMap<String, Vec<String>>,
    withheld: Vec<&'r Placed<Address>>,
}

/// A cluster as a route names it.
pub(super) struct To {
    pub(super) name: String,
    /// Whether the dye must not go there.
    pub(super) withheld: bool,
}

impl<'r> Clusters<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        let (groups, chains) = (BTreeMap::new(), BTreeMap::new());
        Self { rules, hosts: rules.dye.hosts(), groups, chains, withheld: Vec::new() }
    }

    /// The cluster for a group of a way: its endpoints, and when they are down those of its fallbacks.
    pub(super) fn add(&mut self, service: &'r ServiceRule, group: &str, way: &Way<'r>) -> To {
        let fallbacks = way.if_down.iter().filter(|other| **other != group);
        let all: Vec<To> = std::iter::once(&group)
            .chain(fallbacks)
            .map(|group| self.group(service, group, way.balance))
            .collect();
        let withheld = all.iter().any(|to| to.withheld);
        let names: Vec<String> = all.into_iter().map(|to| to.name).collect();
        if let [only] = names.as_slice() {
            return To { name: only.clone(), withheld };
        }
        let mut name = names[0].clone();
        for other in way.if_down.iter().filter(|other| **other != group) {
            name += &format!(">{other}");
        }
        self.chains.insert(name.clone(), names);
        To { name, withheld }
    }

    fn group(&mut self, service: &'r ServiceRule, group: &str, balance: Balance) -> To {
        let by_job = if balance == Balance::Rendezvous { ":by-job" } else { "" };
        let name = format!("{}:{group}{by_job}", service.name.value);
        // Reading the file refused what is no group of the service.
        let Some(group) = service.group(group) else { return To { name, withheld: false } };
        let allowed = |address: &Address| self.hosts.allows(address.host(), Some(address.port()));
        let before = self.withheld.len();
        self.withheld.extend(addresses(group).iter().filter(|address| !allowed(&address.value)));
        let withheld = self.withheld.len() > before;
        self.groups.insert(name.clone(), (service, group, balance));
        To { name, withheld }
    }

    /// All clusters, and what about them cannot be expressed.
    pub(super) fn into_documents(self, gaps: &mut Gaps) -> Vec<Document> {
        difference::of_hosts(self.rules, &self.withheld, gaps);
        let mut documents = Vec::new();
        for (name, (service, group, balance)) in &self.groups {
            difference::of_group(service, group, *balance, gaps);
            documents.push(cluster(name, service, group, *balance));
        }
        if !self.chains.is_empty() {
            difference::of_fallbacks(gaps);
        }
        documents.extend(self.chains.iter().map(|(name, of)| aggregate(name, of)));
        documents
    }
}

/// The endpoints of a group; none of a topic.
pub(super) fn addresses(group: &ServiceGroup) -> &[Placed<Address>] {
    match &group.members {
        Members::Endpoints(list) => list,
        Members::Topic(_) => &[],
    }
}

/// The first of these clusters that has a healthy endpoint.
fn aggregate(name: &str, of: &[String]) -> Document {
    let config = map([
        ("@type", "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig".into()),
        ("clusters", list(of.iter().map(String::as_str))),
    ]);
    map([
        ("name", name.into()),
        ("connect_timeout", CONNECT.into()),
        ("lb_policy", "CLUSTER_PROVIDED".into()),
        ("cluster_type", map([("name", "envoy.clusters.aggregate".into()), ("typed_config", config)])),
    ])
}

fn cluster(name: &str, service: &ServiceRule, group: &ServiceGroup, balance: Balance) -> Document {
    let addresses = addresses(group);
    let scheme = addresses.first().map_or(Scheme::Http, |address| address.value.scheme());
    let is_static = addresses.iter().all(|address| ip(&address.value).is_some());
    let document = map([
        ("name", name.into()),
        ("type", if is_static { "STATIC" } else { "STRICT_DNS" }.into()),
        ("connect_timeout", CONNECT.into()),
    ]);
    let document = document.with_some("dns_lookup_family", (!is_static).then_some("V4_PREFERRED"));
    let document = match balance {
        Balance::P2c => document.with([
            ("lb_policy", "LEAST_REQUEST".into()),
            ("least_request_lb_config", map([("choice_count", 2.into())])),
        ]),
        Balance::Rendezvous => document.with([("lb_policy", "RING_HASH".into())]),
    };
    document
        .with([
            ("common_lb_config", map([("healthy_panic_threshold", map([("value", PANIC.into())]))])),
            ("circuit_breakers", map([("thresholds", list([limits()]))])),
            ("outlier_detection", ejection(&service.health)),
            ("typed_extension_protocol_options", protocol(scheme)),
        ])
        .with_some("transport_socket", scheme.is_tls().then(tls))
        .with([("load_assignment", endpoints(name, addresses))])
}

fn limits() -> Document {
    map([
        ("max_connections", MOST.into()),
        ("max_pending_requests", MOST.into()),
        ("max_requests", MOST.into()),
        ("max_retries", MOST.into()),
    ])
}

/// When an endpoint counts as down.
fn ejection(health: &HealthRule) -> Document {
    let enforced: u64 = if health.success_ppm == 0 { 0 } else { 100 };
    map([
        ("consecutive_5xx", u64::from(health.failures).into()),
        ("enforcing_consecutive_5xx", 100.into()),
        ("enforcing_consecutive_gateway_failure", 0.into()),
        ("enforcing_success_rate", 0.into()),
        ("failure_percentage_threshold", u64::from(100 - health.success_ppm / 10_000).into()),
        ("enforcing_failure_percentage", enforced.into()),
        ("failure_percentage_minimum_hosts", 1.into()),
        ("failure_percentage_request_volume", u64::from(health.min_calls).into()),
        ("interval", seconds(health.window).into()),
        ("base_ejection_time", seconds(health.backoff.0).into()),
        ("max_ejection_time", seconds(health.backoff.1).into()),
        ("max_ejection_percent", u64::from(health.max_ejected_ppm / 10_000).into()),
    ])
}

/// A duration as Envoy reads it.
fn seconds(duration: Duration) -> String {
    match duration.subsec_nanos() {
        0 => format!("{}s", duration.as_secs()),
        nanos => format!("{}.{nanos:09}s", duration.as_secs()),
    }
}

fn protocol(scheme: Scheme) -> Document {
    let version = if scheme.is_grpc() { "http2_protocol_options" } else { "http_protocol_options" };
    let kind = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let options = map([("@type", kind.into()), ("explicit_http_config", map([(version, map([]))]))]);
    map([("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", options)])
}

/// TLS whose certificate has to be of the endpoint's name.
fn tls() -> Document {
    let kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    let authorities = map([("trusted_ca", map([("filename", AUTHORITIES.into())]))]);
    let context = map([
        ("@type", kind.into()),
        ("auto_host_sni", true.into()),
        ("auto_sni_san_validation", true.into()),
        ("common_tls_context", map([("validation_context", authorities)])),
    ]);
    map([("name", "envoy.transport_sockets.tls".into()), ("typed_config", context)])
}

fn endpoints(name: &str, addresses: &[Placed<Address>]) -> Document {
    let endpoints = addresses.iter().map(|address| {
        let address = &address.value;
        let host = ip(address).map_or_else(|| address.host().to_owned(), |ip| ip.to_string());
        let socket =
            map([("address", host.clone().into()), ("port_value", u64::from(address.port()).into())]);
        let endpoint = map([("address", map([("socket_address", socket)])), ("hostname", host.into())]);
        map([("endpoint", endpoint)])
    });
    map([
        ("cluster_name", name.into()),
        ("policy", map([("overprovisioning_factor", OVERPROVISIONING.into())])),
        ("endpoints", list([map([("lb_endpoints", list(endpoints))])])),
    ])
}

/// The address of a host that is one.
fn ip(address: &Address) -> Option<IpAddr> {
    let host = address.host();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}
