//! Routes: a virtual host for each service, in it one route for each lane, and one for everything else.

use super::{bootstrap::OURS, cluster::Clusters, matching};
use crate::{
    decide::{NoRoute, code},
    dye::Origin,
    export::{
        Document, Sidecar,
        document::{list, map},
        plan::{Calls, Fate, Way},
    },
    propagate::header,
    rules::{Balance, RollBy, ServiceRule},
    table::Table,
};

/// What is written beside a route.
struct Routes<'a, 'r> {
    clusters: &'a mut Clusters<'r>,
    /// The caller, as `x-dye-from` names it.
    origin: Option<Origin>,
}

/// The routes of all services.
pub(super) fn routes<'r>(
    table: &Table,
    sidecar: &Sidecar,
    calls: &[Calls<'r>],
    clusters: &mut Clusters<'r>,
) -> Document {
    let both = sidecar.service.as_deref().zip(sidecar.group.as_deref());
    let origin = both.and_then(|(service, group)| Origin::new(service, group));
    let mut routes = Routes { clusters, origin };
    let mut hosts: Vec<Document> = calls.iter().map(|calls| routes.host(calls)).collect();
    hosts.push(nobody(table));
    map([
        ("name", "services".into()),
        ("ignore_port_in_host_matching", true.into()),
        ("virtual_hosts", list(hosts)),
    ])
}

impl<'r> Routes<'_, 'r> {
    fn host(&mut self, calls: &Calls<'r>) -> Document {
        let service = calls.service;
        let mut routes = Vec::new();
        for (chain, fate) in &calls.lanes {
            let iteration = &chain.iteration.value;
            if let Fate::Goes(way) = fate
                && way.balance == Balance::Rendezvous
            {
                // A call without a job prefers no endpoint.
                routes.push(self.goes(service, way, matching::dyed(iteration, true), true));
            }
            routes.push(self.route(service, fate, matching::dyed(iteration, false)));
            routes.push(self.route(service, fate, matching::mirrored(iteration)));
        }
        routes.push(self.route(service, &calls.otherwise, matching::any()));
        let name = service.name.value.as_str();
        map([
            ("name", name.into()),
            // A name may end with the dot of the root.
            ("domains", list([name.to_owned(), format!("{name}.")])),
            ("routes", list(routes)),
            ("retry_policy", retries()),
        ])
    }

    fn route(&mut self, service: &'r ServiceRule, fate: &Fate<'r>, when: Document) -> Document {
        match fate {
            Fate::Goes(way) => self.goes(service, way, when, false),
            Fate::Nowhere(error) => refused(when, error.code(), status(error), &error.to_string()),
        }
    }

    fn goes(&mut self, service: &'r ServiceRule, way: &Way<'r>, when: Document, by_job: bool) -> Document {
        let clusters = way.shares.iter().map(|(group, weight)| {
            let to = self.clusters.add(service, group, way);
            (to, *weight)
        });
        let clusters: Vec<_> = clusters.collect();
        // Streams may be endless, as in the proxy.
        let action = map([("timeout", "0s".into())]).with_some("hash_policy", by_job.then(by_job_policy));
        let matched = map([("match", when)]);
        if let [(only, _)] = clusters.as_slice() {
            let action = map([("cluster", only.name.as_str().into())]).with_all(action);
            return self.stamped(matched.with([("route", action)]), only.withheld);
        }
        let weighted = clusters.iter().map(|(to, weight)| {
            let entry = map([("name", to.name.as_str().into()), ("weight", u64::from(*weight).into())]);
            self.stamped(entry, to.withheld)
        });
        // Without a header Envoy draws for each call.
        let header = (way.roll != RollBy::Call).then(|| header::ROLL.as_str());
        let weighted = map([("clusters", list(weighted))]).with_some("header_name", header);
        matched.with([("route", map([("weighted_clusters", weighted)]).with_all(action))])
    }

    /// What is changed about a request on its way: the caller is named, or the dye is taken off.
    fn stamped(&self, way: Document, withheld: bool) -> Document {
        if withheld {
            return way.with([("request_headers_to_remove", list(OURS.iter().map(|name| name.as_str())))]);
        }
        let stamp = self.origin.as_ref().map(|origin| {
            let field = map([("key", header::FROM.as_str().into()), ("value", origin.as_str().into())]);
            list([map([("header", field), ("append_action", "OVERWRITE_IF_EXISTS_OR_ADD".into())])])
        });
        way.with_some("request_headers_to_add", stamp)
    }
}

/// The endpoint goes by the job: what stands behind the first `:` of `x-dye`.
fn by_job_policy() -> Document {
    let rewrite = map([("pattern", map([("regex", "^[^:]*:".into())])), ("substitution", "".into())]);
    let field = map([("header_name", header::DYE.as_str().into()), ("regex_rewrite", rewrite)]);
    list([map([("header", field)])])
}

/// Only what no endpoint has seen is sent again.
fn retries() -> Document {
    let kind = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
    let other = map([
        ("name", "envoy.retry_host_predicates.previous_hosts".into()),
        ("typed_config", map([("@type", kind.into())])),
    ]);
    map([
        ("retry_on", "connect-failure,refused-stream".into()),
        ("num_retries", 2.into()),
        ("retry_host_predicate", list([other])),
        ("host_selection_retry_max_attempts", 10.into()),
    ])
}

/// Calls of services that the rules do not have.
fn nobody(table: &Table) -> Document {
    let text = format!("{} has no such service; write `[services.<name>]`, and its groups", table.file());
    let route = refused(matching::any(), code::UNKNOWN_SERVICE, 421, &text);
    map([("name", "nobody".into()), ("domains", list(["*"])), ("routes", list([route]))])
}

/// The answer that the proxy gives.
fn refused(when: Document, code: &str, status: u64, text: &str) -> Document {
    let body = map([("inline_string", format!("{code}: {text}\n").into())]);
    let field = map([("key", "x-dyeline-error".into()), ("value", code.into())]);
    map([
        ("match", when),
        ("direct_response", map([("status", status.into()), ("body", body)])),
        ("response_headers_to_add", list([map([("header", field)])])),
    ])
}

fn status(error: &NoRoute) -> u64 {
    if error.code() == code::UNKNOWN_SERVICE { 421 } else { 502 }
}
