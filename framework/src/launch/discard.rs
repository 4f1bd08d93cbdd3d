//! Removes what the sinks of a cancelled job wrote: output appears whole or not at all.

use std::collections::BTreeMap;

use dyeline_engine::{JobId, plan::OutputKind};
use dyeline_processors::contract::Node;

use super::prepare;
use crate::{host::Host, job::Work};

/// Has every sink of a job remove its parts. What cannot be removed is told in the log of the process: a later launch
/// into the same folder sweeps it.
pub(crate) fn parts_of(host: &Host, job: JobId) {
    let read = host.inbox().read(move |state| {
        let view = state.job(job)?;
        let mut parts: BTreeMap<(u32, u32), Vec<std::sync::Arc<[u8]>>> = BTreeMap::new();
        for stage in 0..view.plan().stages.len() as u32 {
            for task in view.tasks(stage) {
                for artifact in task.artifacts() {
                    parts
                        .entry((stage, artifact.output))
                        .or_default()
                        .push(std::sync::Arc::clone(&artifact.bytes));
                }
            }
        }
        Some((std::sync::Arc::clone(view.spec()), parts))
    });
    let Ok(Some((spec, parts))) = read else { return };
    let Ok(work) = Work::decode(&spec.node_params) else { return };
    for ((stage, output), parts) in parts {
        let stage = &spec.plan.stages[stage as usize];
        let output = &stage.outputs[output as usize];
        if output.kind != OutputKind::Parts {
            continue;
        }
        let node = &stage.nodes[output.node as usize];
        let Ok(Node::Sink(mut sink)) = work.build(node, &BTreeMap::new(), host.registry()) else { continue };
        let parts: Vec<&[u8]> = parts.iter().map(|p| &**p).collect();
        if let Err(error) = sink.discard(&parts, &prepare::outside(&spec.chain, node, &work, host.disk(), job.to_string())) {
            tracing::warn!(node = node.name, %error, "parts of the cancelled job were not removed");
        }
    }
}
