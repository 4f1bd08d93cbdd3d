//! What must hold of a graph before it is cut: limits, edges, roles, no cycle.

use super::{
    DEAD_LETTER, Edge, Exchange, Graph, GraphNode, Role,
    mistake::{PlanMistake, code},
    order::topological,
};
use crate::limit::{MAX_NODES, MAX_SHARDS};

/// Everything that is wrong with a graph, and an order of its nodes when there is one.
pub(super) fn check(graph: &Graph) -> Result<Vec<usize>, Vec<PlanMistake>> {
    let count = graph.nodes.len();
    if count == 0 || count > MAX_NODES as usize {
        return Err(vec![PlanMistake {
            code: code::NODE_COUNT,
            node: None,
            message: format!("the chain has {count} nodes; it has to have from 1 to {MAX_NODES}"),
            help: if count == 0 { "add a node" } else { "split it into several chains" }.into(),
        }]);
    }
    let mut mistakes = Vec::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        for edge in node.inputs.iter().filter(|edge| edge.from >= count) {
            let message =
                format!("node `{}` reads from node number {}, which does not exist", node.name, edge.from);
            mistakes.push(PlanMistake::new(code::BROKEN_EDGE, place, message, "name an existing node"));
        }
        let nameless = |edge: &&Edge| {
            let each = node.exchange.as_ref().filter(|e| matches!(e, Exchange::ByEach { .. }));
            each.is_some_and(|exchange| exchange.field(edge.input).is_none())
        };
        if let Some(edge) = node.inputs.iter().find(nameless) {
            let message =
                format!("the exchange of node `{}` names no field for its input {}", node.name, edge.input);
            mistakes.push(PlanMistake::new(code::BROKEN_EDGE, place, message, "name a field for each input"));
        }
        if let Some(shards) = node.exchange.as_ref().and_then(Exchange::shards)
            && !(1..=MAX_SHARDS).contains(&shards)
        {
            let message = format!(
                "node `{}` has an exchange over {shards} shards; the limit is {MAX_SHARDS}",
                node.name
            );
            mistakes.push(PlanMistake::new(
                code::SHARD_COUNT,
                place,
                message,
                format!("use 1 to {MAX_SHARDS} shards"),
            ));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    for (place, node) in graph.nodes.iter().enumerate() {
        roles(graph, place, node, &mut mistakes);
    }
    let inputs: Vec<Vec<usize>> =
        graph.nodes.iter().map(|node| node.inputs.iter().map(|edge| edge.from).collect()).collect();
    match topological(&inputs) {
        Ok(order) if mistakes.is_empty() => Ok(order),
        Ok(_) => Err(mistakes),
        Err(cycle) => {
            let mut names: Vec<&str> = cycle.iter().map(|n| graph.nodes[*n].name.as_str()).collect();
            names.extend(names.first().copied());
            let message = format!("nodes wait for each other: {}", names.join(" → "));
            let first = cycle.first().copied().unwrap_or_default();
            mistakes.push(PlanMistake::new(code::CYCLE, first, message, "take out one of these edges"));
            Err(mistakes)
        }
    }
}

fn roles(graph: &Graph, place: usize, node: &GraphNode, mistakes: &mut Vec<PlanMistake>) {
    let mut wrong = |message: String, help: &str| {
        mistakes.push(PlanMistake::new(code::ROLE, place, message, help));
    };
    match why_not_alone(node.role, node.inputs.len()) {
        Some((why, help)) => wrong(format!("node `{}` is a {} {why}", node.name, role_name(node.role)), help),
        None => {
            for edge in &node.inputs {
                let from = &graph.nodes[edge.from];
                let letters = edge.record.name == DEAD_LETTER;
                if let Some(help) = why_not_after(from.role, node.role, letters) {
                    let (this, that) = (role_name(node.role), role_name(from.role));
                    wrong(
                        format!("node `{}`, a {this}, cannot follow `{}`, a {that}", node.name, from.name),
                        help,
                    );
                }
            }
            let moves = node.exchange.is_some() || node.barrier.is_some();
            if moves && matches!(node.role, Role::Splitter | Role::Loader) {
                let this = role_name(node.role);
                wrong(
                    format!("node `{}`, a {this}, cannot have an exchange or a barrier", node.name),
                    "give it to the node that reads the items",
                );
            }
        }
    }
}

/// The word for a role in messages.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Splitter => "splitter",
        Role::Loader => "loader",
        Role::Processor => "processor",
        Role::Reducer => "reducer",
        Role::Sink => "sink",
    }
}

/// Why a node of this role cannot have this number of inputs, and what to do; `None` when it can.
pub fn why_not_alone(role: Role, inputs: usize) -> Option<(&'static str, &'static str)> {
    match (role, inputs) {
        (Role::Splitter, 0) | (Role::Loader, 0 | 1) => None,
        (Role::Splitter, _) => {
            Some(("that comes after another node", "a splitter opens the chain: take out `after`"))
        }
        (Role::Loader, _) => {
            Some(("that comes after several nodes", "a loader reads the shards of one splitter"))
        }
        (_, 0) => Some(("that comes after nothing", "say where its items come from: `after = \"…\"`")),
        _ => None,
    }
}

/// What to do when `to` cannot follow `from`; `None` when it can. `letters` says that it reads its dead letters.
pub fn why_not_after(from: Role, to: Role, letters: bool) -> Option<&'static str> {
    match (from, to) {
        (Role::Sink, _) if !letters => Some("a sink ends its branch: read from what comes before it"),
        (Role::Splitter, Role::Loader) => None,
        (Role::Splitter, _) => Some("shards have to be read first: put a loader after the splitter"),
        (_, Role::Loader) => Some("a loader reads the shards of a splitter, not the items of another node"),
        _ => None,
    }
}
