//! Cutting a graph into stages.
//!
//! Nodes are taken in an order in which each comes after what it reads. A node joins its producer's stage, or opens
//! one of its own; a stage therefore always comes after all it reads from.

use super::{
    Exchange, Graph, GraphNode, NodePolicy, NodeState, Output, OutputKind, Plan, Role, ShardSource, Source,
    SpoolInput, Stage, StageNode, check::check, mistake::PlanMistake, mistake::code,
};
use crate::id::StageIx;

/// Cuts a graph into stages.
///
/// Neighbours with a one-to-one edge in one group fuse; an exchange, a barrier, a fan-in and a change of group cut.
/// Every sink gets a stage of its own at the end, which publishes what its shards wrote.
///
/// A node reads its input ports in their order, each wholly before the next, whatever the order of its edges: a join
/// can rely on it. Edges into one port are read in the order in which they stand.
///
/// # Errors
/// Everything that is wrong with the graph.
pub fn plan(graph: &Graph) -> Result<Plan, Vec<PlanMistake>> {
    let order = check(graph)?;
    let mut cutter =
        Cutter { graph, stages: Vec::new(), at: vec![None; graph.nodes.len()], mistakes: Vec::new() };
    for node in order {
        cutter.place(node);
    }
    if !cutter.mistakes.is_empty() {
        return Err(cutter.mistakes);
    }
    cutter.publish();
    for stage in &mut cutter.stages {
        stage.name = stage_name(stage);
        stage.policy = strictest(stage);
        let publishes = matches!(stage.source, Source::Parts(..));
        stage.atomic = !publishes && stage.nodes.iter().any(|node| holds_unsaved(graph, node));
    }
    Ok(Plan { stages: cutter.stages })
}

/// Where a stage's shards come from in the end: stages of one lineage have the same shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lineage {
    /// One shard.
    Single,
    /// What this splitter's stage found.
    Split(StageIx),
    /// What this stage's exchange made.
    Exchange(StageIx),
}

struct Cutter<'g> {
    graph: &'g Graph,
    stages: Vec<Stage>,
    /// For each node: its stage and its place there. A combined aggregate's is that of its merging half.
    at: Vec<Option<(StageIx, u32)>>,
    mistakes: Vec<PlanMistake>,
}

impl Cutter<'_> {
    /// Puts a node into a stage.
    fn place(&mut self, ix: usize) {
        let node = &self.graph.nodes[ix];
        match node.inputs.as_slice() {
            [] => self.open(ix, ShardSource::Fixed(1), Source::Nothing),
            [edge] if node.role == Role::Loader => {
                if let Some((splitter, _)) = self.at[edge.from] {
                    self.open(ix, ShardSource::Split(splitter), Source::Shard);
                }
            }
            [edge] if self.fuses(node, edge.from) => {
                if let Some((stage, parent)) = self.at[edge.from] {
                    let member = member(ix, node, Some((parent, edge.output, edge.input)));
                    self.at[ix] = Some((stage, self.add(stage, member)));
                }
            }
            _ => self.cut(ix),
        }
    }

    fn fuses(&self, node: &GraphNode, from: usize) -> bool {
        moves(node).is_none() && node.barrier.is_none() && self.graph.nodes[from].group == node.group
    }

    /// Opens a stage whose first node reads from the spool.
    fn cut(&mut self, ix: usize) {
        let node = &self.graph.nodes[ix];
        let exchange = moves(node);
        let shards = match exchange.as_ref().and_then(Exchange::shards) {
            Some(shards) => Some(ShardSource::Fixed(shards)),
            None => self.common_shards(ix),
        };
        let Some(shards) = shards else { return };
        let partial = partial_record(self.graph, ix);
        let all = exchange.is_some() || node.barrier.is_some();
        let mut inputs = Vec::with_capacity(node.inputs.len());
        let mut edges: Vec<_> = node.inputs.iter().collect();
        edges.sort_by_key(|edge| edge.input);
        for edge in edges {
            let Some((stage, from)) = self.at[edge.from] else { return };
            let exchange = exchange.as_ref().map(|exchange| exchange.of_input(edge.input));
            let output = match &partial {
                Some(record) => {
                    let parent = Some((from, edge.output, edge.input));
                    let half = StageNode { combine: true, ..member(ix, node, parent) };
                    let half = self.add(stage, half);
                    let kind = OutputKind::Spool { exchange, record: record.clone() };
                    self.output(stage, Output { node: half, port: 0, kind })
                }
                None => {
                    let kind = OutputKind::Spool { exchange, record: edge.record.clone() };
                    self.output(stage, Output { node: from, port: edge.output, kind })
                }
            };
            inputs.push(SpoolInput { stage, output, input: edge.input, all, barrier: node.barrier });
        }
        self.open(ix, shards, Source::Spool(inputs));
        if let (Some(_), Some((stage, at))) = (partial, self.at[ix]) {
            self.stages[stage as usize].nodes[at as usize].merge = true;
        }
    }

    /// The shards of a node that keeps those of its inputs; a mistake when they differ.
    fn common_shards(&mut self, ix: usize) -> Option<ShardSource> {
        let node = &self.graph.nodes[ix];
        let mut first: Option<(Lineage, StageIx, usize)> = None;
        for edge in &node.inputs {
            let (stage, _) = self.at[edge.from]?;
            let lineage = self.lineage(stage);
            match first {
                None => first = Some((lineage, stage, edge.from)),
                Some((wanted, _, other)) if wanted != lineage => {
                    let has = |n: usize, lineage| {
                        format!("`{}` ({})", self.graph.nodes[n].name, self.described(lineage))
                    };
                    let message = format!(
                        "node `{}` reads from {} and {}, which do not have the same shards",
                        node.name,
                        has(other, wanted),
                        has(edge.from, lineage)
                    );
                    let help = "give the node an `exchange = { by = \"<field>\", shards = 16 }`, or \
                                `exchange = { shards = 1 }` to gather all items in one shard";
                    self.mistakes.push(PlanMistake::new(code::DIFFERENT_SHARDS, ix, message, help));
                    return None;
                }
                Some(_) => {}
            }
        }
        first.map(|(_, stage, _)| ShardSource::Same(stage))
    }

    fn lineage(&self, stage: StageIx) -> Lineage {
        match self.stages[stage as usize].shards {
            ShardSource::Fixed(1) => Lineage::Single,
            ShardSource::Fixed(_) => Lineage::Exchange(stage),
            ShardSource::Split(splitter) => Lineage::Split(splitter),
            ShardSource::Same(other) => self.lineage(other),
        }
    }

    /// A lineage in words.
    fn described(&self, lineage: Lineage) -> String {
        let first = |stage: StageIx| match self.stages[stage as usize].nodes.first() {
            Some(node) => node.name.as_str(),
            None => "",
        };
        match lineage {
            Lineage::Single => "one shard".to_owned(),
            Lineage::Split(stage) => format!("the shards that `{}` finds", first(stage)),
            Lineage::Exchange(stage) => format!("the shards of the exchange of `{}`", first(stage)),
        }
    }

    fn open(&mut self, ix: usize, shards: ShardSource, source: Source) {
        let node = &self.graph.nodes[ix];
        let stage = self.stages.len() as StageIx;
        self.stages.push(Stage {
            name: String::new(),
            group: node.group.clone(),
            shards,
            source,
            nodes: Vec::new(),
            outputs: Vec::new(),
            atomic: false,
            policy: NodePolicy::default(),
        });
        self.at[ix] = Some((stage, self.add(stage, member(ix, node, None))));
    }

    /// Appends a node to a stage; sinks leave parts behind.
    fn add(&mut self, stage: StageIx, node: StageNode) -> u32 {
        let role = node.role;
        let nodes = &mut self.stages[stage as usize].nodes;
        nodes.push(node);
        let place = (nodes.len() - 1) as u32;
        if role == Role::Sink {
            self.output(stage, Output { node: place, port: 0, kind: OutputKind::Parts });
        }
        place
    }

    /// The place of an output; consumers that want the same thing share it.
    fn output(&mut self, stage: StageIx, output: Output) -> u32 {
        let outputs = &mut self.stages[stage as usize].outputs;
        let place = outputs.iter().position(|known| *known == output).unwrap_or_else(|| {
            outputs.push(output);
            outputs.len() - 1
        });
        place as u32
    }

    /// Adds a stage for each sink that publishes its parts under one manifest.
    fn publish(&mut self) {
        let sinks = self.graph.nodes.iter().enumerate().filter(|(_, node)| node.role == Role::Sink);
        for (ix, _) in sinks {
            let Some((stage, at)) = self.at[ix] else { continue };
            let output = self.output(stage, Output { node: at, port: 0, kind: OutputKind::Parts });
            self.open(ix, ShardSource::Fixed(1), Source::Parts(stage, output));
            self.at[ix] = Some((stage, at));
            if let Some(publisher) = self.stages.last_mut() {
                // What is published has left the sink: nothing of it leaves this stage.
                publisher.outputs.clear();
            }
        }
    }
}

/// How the items of a node are moved before it reads them; `None` when they stay where they are.
pub(super) fn moves(node: &GraphNode) -> Option<Exchange> {
    match &node.exchange {
        Some(Exchange::Sorted { .. }) => None,
        Some(exchange) => Some(exchange.clone()),
        None if node.role == Role::Reducer => Some(Exchange::Gather),
        None => None,
    }
}

/// The record of an aggregate's partial results, when it combines before its exchange.
///
/// That is the record it emits, which only the edges out of it tell: without a consumer there is nothing to save.
/// An aggregate over several input ports cannot combine, since a partial result has no port; one whose dead letters
/// are read does not, so that they all come from one place.
fn partial_record(graph: &Graph, ix: usize) -> Option<super::RecordRef> {
    let node = &graph.nodes[ix];
    if !node.combines || moves(node).is_none() || node.inputs.iter().any(|edge| edge.input != 0) {
        return None;
    }
    let edges = || graph.nodes.iter().flat_map(|consumer| &consumer.inputs).filter(|edge| edge.from == ix);
    if edges().any(|edge| edge.output != 0) {
        return None;
    }
    edges().next().map(|edge| edge.record.clone())
}

/// Whether a node of a stage remembers what a checkpoint cannot save, and so makes its stage atomic.
///
/// Aggregates do only where they keep a table of all keys: a combining half is empty whenever a checkpoint is taken,
/// and over sorted input there is one result at a time, which is saved.
pub fn holds_unsaved(graph: &Graph, node: &StageNode) -> bool {
    let streams = |known: &GraphNode| known.combines && (node.combine || node.sorted_by.is_some());
    let known = graph.nodes.get(node.node as usize);
    known.is_some_and(|known| known.state == NodeState::Unsaved && !streams(known))
}

fn member(ix: usize, node: &GraphNode, parent: Option<(u32, u32, u32)>) -> StageNode {
    let sorted_by = match &node.exchange {
        Some(Exchange::Sorted { field }) => Some(field.clone()),
        _ => None,
    };
    StageNode {
        node: ix as u32,
        name: node.name.clone(),
        processor: node.processor.clone(),
        role: node.role,
        combine: false,
        merge: false,
        parent,
        sorted_by,
        policy: node.policy.clone(),
    }
}

fn stage_name(stage: &Stage) -> String {
    let names: Vec<String> = stage
        .nodes
        .iter()
        .map(|node| if node.combine { format!("combine {}", node.name) } else { node.name.clone() })
        .collect();
    if matches!(stage.source, Source::Parts(..)) {
        format!("publish {}", names.join("+"))
    } else {
        names.join("+")
    }
}

/// Least time-out, concurrency and checkpoint, highest priority and cost; retry and skip stay with the nodes.
fn strictest(stage: &Stage) -> NodePolicy {
    let policies = || stage.nodes.iter().map(|node| &node.policy);
    NodePolicy {
        retry: None,
        skip: None,
        timeout: policies().filter_map(|p| p.timeout).min(),
        concurrency: policies().filter_map(|p| p.concurrency).min(),
        priority: policies().filter_map(|p| p.priority).max(),
        checkpoint: policies().filter_map(|p| p.checkpoint).min(),
        cost: policies().filter_map(|p| p.cost).max(),
    }
}
