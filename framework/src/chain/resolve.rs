//! A chain with its parameters: what is launched and logged.

use std::{collections::BTreeMap, time::Duration};

use dyeline_engine::plan::Graph;
use dyeline_router::toml::{Mistakes, Value};
use serde_json::{Map, Value as Json, json};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Chain,
    catalog::PortSpec,
    file::Assembled,
    json::{canonical, from_item},
    params::Settled,
};

/// A chain with its parameters, ready to be planned and launched.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The chain's name.
    pub chain: String,
    /// The version it names.
    pub version: Option<String>,
    /// Its nodes and edges.
    pub graph: Graph,
    /// The parameters of each node, by its place in the graph: placeholders replaced, paths absolute, defaults of the
    /// processor not filled in. Secrets are references.
    pub node_params: Vec<Map<String, Json>>,
    /// What else is said of each node, by its place in the graph.
    pub node_settings: Vec<NodeSettings>,
    /// The chain's parameters as typed, as canonical JSON: `yesterday` is `yesterday`.
    pub params_typed: String,
    /// The chain's parameters as resolved, as canonical JSON: dates are days, paths absolute.
    pub params_resolved: String,
    /// Parameters that were not given and have some value instead, in a sketch: `params_typed` and `params_resolved`
    /// leave them out.
    pub samples: Vec<String>,
    /// How long the finished job is kept.
    pub retain: Option<Duration>,
    /// Labels of the job.
    pub labels: BTreeMap<String, String>,
    /// How many of its tasks may run at once.
    pub concurrency: Option<u32>,
    /// The job's priority.
    pub priority: Option<i32>,
    /// The chain as canonical JSON, with its edges' schemas and its node parameters as written (placeholders and
    /// all): what is logged with a job, and must not change while the job is unfinished.
    pub canonical: String,
    /// xxh3-64 of [`Resolved::canonical`].
    pub hash: u64,
    /// What is probably not meant.
    pub warnings: Mistakes,
}

/// What a node says beside its parameters and its policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSettings {
    /// The record its `record` key names.
    pub record: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Which of its parameters may change on a running job.
    pub live: Vec<String>,
    /// The names of its input ports.
    pub inputs: Vec<String>,
    /// The names of its output ports.
    pub outputs: Vec<String>,
}

pub(super) fn resolved(
    chain: &Chain,
    assembled: Assembled<'_>,
    settled: Settled,
    mut mistakes: Mistakes,
) -> Resolved {
    let Assembled { graph, drafts, .. } = assembled;
    let live = |draft: &super::draft::Draft<'_>| -> Vec<String> {
        let params = draft.spec.map(|spec| spec.params.as_slice()).unwrap_or_default();
        params.iter().filter(|param| param.live).map(|param| param.name.to_owned()).collect()
    };
    let names = |ports: &[PortSpec]| ports.iter().map(|port| port.name.clone()).collect();
    let settings = drafts.iter().map(|draft| NodeSettings {
        record: draft.record.map(|record| record.name.clone()),
        labels: draft.labels.clone(),
        live: live(draft),
        inputs: draft.spec.map(|spec| names(&spec.inputs)).unwrap_or_default(),
        outputs: draft.spec.map(|spec| names(&spec.outputs)).unwrap_or_default(),
    });
    let node_settings = settings.collect();
    let node_params = drafts.into_iter().map(|draft| draft.params).collect();
    let canonical = canonical_chain(chain, &graph);
    let mut warnings = chain.warnings.clone();
    // What the file was warned of when it was read is said once.
    mistakes
        .retain(|new| !warnings.iter().any(|old| old.code() == new.code() && old.message() == new.message()));
    warnings.extend(mistakes);
    Resolved {
        chain: chain.head.name.clone(),
        version: chain.head.version.clone(),
        node_params,
        node_settings,
        params_typed: canonical_params(settled.known(&settled.typed)),
        params_resolved: canonical_params(settled.known(&settled.resolved)),
        samples: settled.samples,
        retain: chain.head.retain,
        labels: chain.head.labels.clone(),
        concurrency: chain.head.concurrency,
        priority: chain.head.priority,
        hash: xxh3_64(canonical.as_bytes()),
        canonical,
        graph,
        warnings,
    }
}

fn canonical_params(params: BTreeMap<String, Json>) -> String {
    canonical(&Json::Object(params.into_iter().collect()))
}

/// Leaves out what is not set, so that a later version that knows more settings writes the same text.
fn without_nulls(map: &mut Map<String, Json>) {
    map.retain(|_, value| !value.is_null());
    for value in map.values_mut() {
        if let Json::Object(inner) = value {
            without_nulls(inner);
        }
    }
}

/// The chain as one text. Edges name nodes instead of counting them, so that a node put between others is one change.
fn canonical_chain(chain: &Chain, graph: &Graph) -> String {
    let mut nodes = Map::new();
    for (entry, node) in chain.nodes.iter().zip(&graph.nodes) {
        let mut body = match serde_json::to_value(node) {
            Ok(Json::Object(body)) => body,
            // A graph node is a struct of plain values: it always is an object.
            _ => Map::new(),
        };
        body.remove("name");
        without_nulls(&mut body);
        let inputs: Vec<Json> = node
            .inputs
            .iter()
            .map(|edge| {
                let from = graph.nodes.get(edge.from).map_or("", |producer| &producer.name);
                // As text: JSON readers elsewhere keep 53 bits of a number.
                let schema = format!("{:016x}", edge.record.hash);
                json!({ "from": from, "output": edge.output, "input": edge.input,
                        "record": edge.record.name, "schema": schema })
            })
            .collect();
        body.insert("inputs".into(), inputs.into());
        if let Value::Table(table) = &entry.item.value {
            let written =
                table.entries.iter().filter(|e| !super::draft::RESERVED_KEYS.contains(&e.key.as_str()));
            let params = written.filter_map(|e| Some((e.key.clone(), from_item(&e.item, true)?)));
            body.insert("params".into(), Json::Object(params.collect()));
            if let Some(Value::String(record)) = table.get("record").map(|entry| &entry.item.value) {
                body.insert("record".into(), record.as_str().into());
            }
        }
        nodes.insert(node.name.clone(), body.into());
    }
    let order: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    canonical(&json!({
        "chain": chain.head.name,
        "version": chain.head.version,
        "order": order,
        "nodes": nodes,
    }))
}
