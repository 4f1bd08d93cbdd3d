//! Why a plan has a cut, and what holds of a stage.

use dyeline_engine::plan::{
    Exchange, Graph, GraphNode, Plan, Role, ShardSource, Source, Stage, holds_unsaved,
};
use dyeline_router::toml::format_count;

use crate::chain::Resolved;

/// How many shards a stage has, in words.
pub(super) fn shards(stage: &Stage) -> String {
    match stage.shards {
        ShardSource::Fixed(1) => "1 shard".into(),
        ShardSource::Fixed(count) => format!("{} shards", format_count(count)),
        ShardSource::Split(from) => format!("one shard for each that stage {from} finds"),
        ShardSource::Same(from) => format!("the shards of stage {from}"),
    }
}

/// Why a node opens a stage instead of joining its producer's, in words.
pub(super) fn why_cut(graph: &Graph, cut: &Cut<'_>) -> String {
    let node = cut.node;
    let mut why = match &node.exchange {
        Some(exchange @ (Exchange::By { shards, .. } | Exchange::ByEach { shards, .. })) => {
            let field = exchange.field(cut.input).unwrap_or_default();
            format!("exchanged by `{field}` over {} shards", format_count(*shards))
        }
        Some(Exchange::Gather) => "gathered in one shard".to_owned(),
        None if node.role == Role::Reducer => {
            "gathered in one shard, since a reducer has no exchange".to_owned()
        }
        Some(Exchange::Sorted { .. }) | None if node.inputs.len() > 1 => {
            "a fan-in, shard by shard".to_owned()
        }
        Some(Exchange::Sorted { .. }) | None => {
            let producer = node.inputs.first().and_then(|edge| graph.nodes.get(edge.from));
            match producer.filter(|producer| producer.group != node.group) {
                Some(producer) => {
                    format!("from group `{}` to `{}`, shard by shard", producer.group, node.group)
                }
                None => "shard by shard".to_owned(),
            }
        }
    };
    if let Some(barrier) = node.barrier {
        let percent = f64::from(barrier.tolerate_ppm) / 10_000.0;
        why.push_str(", behind a barrier");
        if barrier.tolerate_ppm > 0 {
            why.push_str(&format!(" that tolerates {percent}% failed shards"));
        }
    }
    why
}

/// The nodes that make a stage atomic.
pub(super) fn atomic_nodes<'p>(graph: &Graph, stage: &'p Stage) -> Vec<&'p str> {
    let nodes = stage.nodes.iter().filter(|node| holds_unsaved(graph, node));
    nodes.map(|node| node.name.as_str()).collect()
}

/// What a node gives through an output port, told by whoever reads it.
pub(super) fn record_of(graph: &Graph, node: u32, port: u32) -> Option<&str> {
    let mut edges = graph.nodes.iter().flat_map(|consumer| &consumer.inputs);
    let edge = edges.find(|edge| edge.from == node as usize && edge.output == port)?;
    Some(edge.record.name.as_str())
}

/// The name of an output port, where a node has several.
pub(super) fn output_name(resolved: &Resolved, node: u32, port: u32) -> Option<&str> {
    let names = resolved.node_settings.get(node as usize).map(|settings| settings.outputs.as_slice())?;
    names.get(port as usize).filter(|_| names.len() > 1).map(String::as_str)
}

/// One cut: the stage and the place of its node that gives, the stage that reads, the node there, what travels.
pub(super) struct Cut<'p> {
    pub from: (u32, u32),
    pub to: u32,
    pub node: &'p GraphNode,
    /// The input port.
    pub input: u32,
    pub record: String,
}

impl Cut<'_> {
    /// What travels, and the port it leads to if there are several: `Position as left`.
    pub fn travels(&self, resolved: &Resolved) -> String {
        match port_name(resolved, self.node, self.input) {
            Some(port) => format!("{} as {port}", self.record),
            None => self.record.clone(),
        }
    }
}

/// The name of an input port, where a node has several.
pub(super) fn port_name<'r>(resolved: &'r Resolved, node: &GraphNode, port: u32) -> Option<&'r str> {
    let place = resolved.graph.nodes.iter().position(|known| known.name == node.name)?;
    let names = resolved.node_settings.get(place).map(|settings| settings.inputs.as_slice())?;
    names.get(port as usize).filter(|_| names.len() > 1).map(String::as_str)
}

/// All cuts of a plan, those of splitters and publishers left out.
pub(super) fn cuts<'p>(plan: &'p Plan, graph: &'p Graph) -> Vec<Cut<'p>> {
    use dyeline_engine::plan::OutputKind;
    let mut cuts = Vec::new();
    for (to, stage) in plan.stages.iter().enumerate() {
        let (Source::Spool(inputs), Some(first)) = (&stage.source, stage.nodes.first()) else { continue };
        let Some(node) = graph.nodes.get(first.node as usize) else { continue };
        for input in inputs {
            let outputs = plan.stages.get(input.stage as usize).map(|stage| stage.outputs.as_slice());
            let Some(output) = outputs.and_then(|outputs| outputs.get(input.output as usize)) else {
                continue;
            };
            let record = match &output.kind {
                OutputKind::Spool { record, .. } => record.name.clone(),
                OutputKind::Parts => continue,
            };
            cuts.push(Cut {
                from: (input.stage, output.node),
                to: to as u32,
                node,
                input: input.input,
                record,
            });
        }
    }
    cuts
}
