//! A plan as a Mermaid flowchart, which repositories and wikis draw inline.

use std::fmt::Write;

use dyeline_engine::plan::{Plan, ShardSource, Source};

use super::reason::{cuts, record_of, shards, why_cut};
use crate::chain::Resolved;

/// The plan in the language of Mermaid.
pub fn mermaid(plan: &Plan, resolved: &Resolved) -> String {
    let mut text = String::from("flowchart LR\n");
    for (place, stage) in plan.stages.iter().enumerate() {
        let atomic = if stage.atomic { ", atomic" } else { "" };
        let label = format!("stage {place} · {} · {}{atomic}", shards(stage), stage.group);
        // Writing to a string does not fail.
        let _ = writeln!(text, "  subgraph s{place}[{}]", quoted(&label));
        for (at, node) in stage.nodes.iter().enumerate() {
            let half = match (node.combine, matches!(stage.source, Source::Parts(..))) {
                (true, _) => "combine ",
                (_, true) => "publish ",
                _ => "",
            };
            let label = format!("{half}{}<br/>{}", node.name, node.processor);
            let _ = writeln!(text, "    s{place}n{at}[{}]", quoted(&label));
            if let Some((parent, port, _)) = node.parent {
                let from = stage.nodes.get(parent as usize).map_or(0, |parent| parent.node);
                let arrow =
                    record_of(&resolved.graph, from, port).map_or("-->".into(), |r| format!("-->|{r}|"));
                let _ = writeln!(text, "    s{place}n{parent} {arrow} s{place}n{at}");
            }
        }
        text.push_str("  end\n");
    }
    for (place, stage) in plan.stages.iter().enumerate() {
        let from = match (&stage.source, &stage.shards) {
            (Source::Parts(from, output), _) => {
                let output = plan.stages.get(*from as usize).and_then(|s| s.outputs.get(*output as usize));
                output.map(|output| (*from, output.node, "parts"))
            }
            (Source::Shard, ShardSource::Split(from)) => Some((*from, 0, "shards")),
            _ => None,
        };
        if let Some((from, node, what)) = from {
            let _ = writeln!(text, "  s{from}n{node} -.->|{what}| s{place}n0");
        }
    }
    for cut in cuts(plan, &resolved.graph) {
        let label = format!("{}<br/>{}", cut.travels(resolved), why_cut(&resolved.graph, &cut));
        let (stage, node) = cut.from;
        let _ = writeln!(text, "  s{stage}n{node} -.->|{}| s{}n0", quoted(&label), cut.to);
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;").replace('`', "'"))
}
