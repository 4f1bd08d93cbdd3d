//! Attempts that move no chunks: a splitter finds the shards, a publisher makes the parts of a sink visible as one.

use dyeline_engine::{Progress, Shard, limit::MAX_NAME_BYTES};
use dyeline_processors::{
    Error,
    contract::{Node, NodeCounts},
};

use super::{
    attempt::{delta, node_failed},
    build::Assembly,
    report::{Event, Report},
    settle::Settler,
    stage::StageFailure,
};

/// Characters of a shard's description that are shown to people. Of the longest ones as many fit a label.
const LABEL_LEN: usize = MAX_NAME_BYTES / char::MAX.len_utf8();

/// Runs a splitter.
pub(crate) fn split(assembly: &Assembly<'_>, settler: &Settler) -> Result<(), StageFailure> {
    let (node, built) = only_node(assembly)?;
    let fail = node_failed(node.node);
    let Node::Split(mut splitter) = built else {
        return Err(fail(Error::fatal(format!("`{}` is not a splitter", node.processor))));
    };
    let mut found = splitter.split(&assembly.context(node)).map_err(&fail)?;
    if assembly.work.limit.is_some() {
        found.truncate(1);
    }
    if found.is_empty() {
        return Err(fail(Error::fatal(format!(
            "the splitter `{}` found no shards: it must find one at least",
            node.name
        ))));
    }
    let shards = found
        .into_iter()
        .map(|bytes| {
            let label: String = String::from_utf8_lossy(&bytes).chars().take(LABEL_LEN).collect();
            Shard { bytes: bytes.into(), label: label.into() }
        })
        .collect();
    finish(assembly, settler, Some(shards), Vec::new());
    Ok(())
}

/// Runs a publisher.
pub(crate) fn publish(assembly: &Assembly<'_>, settler: &Settler) -> Result<(), StageFailure> {
    let (node, built) = only_node(assembly)?;
    let fail = node_failed(node.node);
    let Node::Sink(mut sink) = built else {
        return Err(fail(Error::fatal(format!("`{}` is not a sink", node.processor))));
    };
    let left: Vec<&[u8]> =
        assembly.out.inputs.iter().flat_map(|i| i.artifacts.iter().map(|(_, part)| &**part)).collect();
    let published = sink.publish(&left, &assembly.context(node)).map_err(&fail)?;
    finish(assembly, settler, None, published.unwrap_or_default().into_bytes());
    Ok(())
}

fn only_node<'a>(
    assembly: &'a Assembly<'_>,
) -> Result<(&'a dyeline_engine::plan::StageNode, Node), StageFailure> {
    let whole = |error: Error| StageFailure { node: None, failure: error.into() };
    let stage = assembly.stage().map_err(whole)?;
    let node = stage.nodes.first().ok_or_else(|| whole(Error::fatal("the stage has no node")))?;
    let built = assembly.node(node).map_err(node_failed(node.node))?;
    Ok((node, built))
}

fn finish(assembly: &Assembly<'_>, settler: &Settler, shards: Option<Vec<Shard>>, result: Vec<u8>) {
    let out = assembly.out;
    let seq = out.checkpoint.as_ref().map_or(0, |c| c.seq) + 1;
    let emitted = shards.as_ref().map_or(0, Vec::len) as u64;
    let node = out.plan.stages[out.task.stage as usize].nodes[0].node;
    let counts = vec![delta(node, &NodeCounts { emitted, ..NodeCounts::default() })];
    let progress = Progress { seq, row: 0, bytes: Vec::new(), artifacts: Vec::new(), counts };
    let event = Event::Completed { progress, shards, result };
    settler.settle(Vec::new(), Report { task: out.task, fence: out.fence, event });
}
