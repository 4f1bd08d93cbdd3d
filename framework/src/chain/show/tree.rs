//! A plan as a tree of text: stages in order, the nodes of each below it, and why it ends where it ends.

use std::fmt::Write;

use dyeline_engine::plan::{DEAD_LETTER, Plan, Source, SpoolInput, Stage, role_name};

use super::reason::{atomic_nodes, cuts, output_name, port_name, record_of, shards, why_cut};
use crate::chain::Resolved;

/// The plan as a tree.
pub fn tree(plan: &Plan, resolved: &Resolved) -> String {
    let mut text = String::new();
    for (place, stage) in plan.stages.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        // Writing to a string does not fail.
        let _ = writeln!(text, "stage {place}: {}", stage.name);
        for line in about(stage, place, plan, resolved) {
            let _ = writeln!(text, "  {line}");
        }
        if !matches!(stage.source, Source::Parts(..)) {
            branch(stage, None, "  ", resolved, &mut text);
        }
        for cut in cuts(plan, &resolved.graph).iter().filter(|cut| cut.from.0 as usize == place) {
            let why = why_cut(&resolved.graph, cut);
            let _ = writeln!(text, "  ✂ {} to stage {}: {why}", cut.travels(resolved), cut.to);
        }
    }
    text
}

/// What holds of a stage, a line each.
fn about(stage: &Stage, place: usize, plan: &Plan, resolved: &Resolved) -> Vec<String> {
    let mut lines = vec![format!("{}, group `{}`", shards(stage), stage.group)];
    if let Source::Parts(from, _) = stage.source {
        lines.push(format!(
            "when all else is done: makes the parts of stage {from} visible under one manifest"
        ));
    }
    if let Source::Spool(inputs) = &stage.source {
        let mut waits: Vec<String> =
            inputs.iter().filter(|input| input.all).map(|input| input.stage.to_string()).collect();
        waits.dedup();
        if !waits.is_empty() {
            lines.push(format!("starts when all shards of stage {} have ended", waits.join(" and ")));
        }
        let node = stage.nodes.first().and_then(|first| resolved.graph.nodes.get(first.node as usize));
        let port = |input: &SpoolInput| port_name(resolved, node?, input.input).map(|p| format!("`{p}`"));
        let mut ports: Vec<String> = inputs.iter().filter_map(port).collect();
        ports.dedup();
        if !ports.is_empty() {
            lines.push(format!("reads all of {}", ports.join(", then all of ")));
        }
    }
    let atomic = atomic_nodes(&resolved.graph, stage);
    if stage.atomic {
        let names: Vec<String> = atomic.iter().map(|name| format!("`{name}`")).collect();
        let holds = if names.len() == 1 { "holds" } else { "hold" };
        lines.push(format!(
            "atomic: {} {holds} state that cannot be saved, so a shard of it runs again whole",
            names.join(" and ")
        ));
    }
    let fed = plan
        .stages
        .iter()
        .any(|other| matches!(other.source, Source::Parts(from, _) if from as usize == place));
    if fed {
        lines.push("writes parts, which are published at the end".into());
    }
    lines
}

/// The nodes that read from `parent`, with all below them.
fn branch(stage: &Stage, parent: Option<u32>, indent: &str, resolved: &Resolved, text: &mut String) {
    let of_parent =
        |node: &&(u32, &dyeline_engine::plan::StageNode)| node.1.parent.map(|(p, _, _)| p) == parent;
    let all: Vec<(u32, _)> = (0..).zip(&stage.nodes).collect();
    let children: Vec<_> = all.iter().filter(of_parent).collect();
    for (i, (place, node)) in children.iter().enumerate() {
        let last = i + 1 == children.len();
        let mut line = format!("{} = {} ({})", node.name, node.processor, role_name(node.role));
        match (node.combine, node.merge, &node.sorted_by) {
            (true, ..) => line.push_str(", combines before the exchange"),
            (_, true, _) => line.push_str(", merges what was combined"),
            (.., Some(field)) => line.push_str(&format!(", sorted by `{field}`: nothing moves")),
            _ => {}
        }
        if let Some((parent, port, _)) = node.parent {
            let from = stage.nodes.get(parent as usize).map_or(0, |parent| parent.node);
            match record_of(&resolved.graph, from, port) {
                Some(DEAD_LETTER) => line.push_str(", reads dead letters"),
                Some(record) => {
                    if let Some(name) = output_name(resolved, from, port) {
                        line.push_str(&format!(", reads `{name}`: {record}"));
                    }
                }
                None => {}
            }
        }
        if let Some(record) = record_of(&resolved.graph, node.node, 0).filter(|record| *record != DEAD_LETTER)
        {
            line.push_str(&format!(" → {record}"));
        }
        let (stem, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let _ = writeln!(text, "{indent}{stem}{line}");
        branch(stage, Some(*place), &format!("{indent}{below}"), resolved, text);
    }
}
