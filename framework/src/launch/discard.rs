//! Removes what the sinks of a cancelled job wrote: output appears whole or not at all.

use std::{collections::BTreeMap, sync::Arc};

use dyeline_engine::{JobId, plan::OutputKind};
use dyeline_processors::contract::Node;

use super::prepare;
use crate::{host::Host, job::Work};

/// Has every sink of a job remove its parts. What cannot be removed is told in the log of the process: a later launch
/// into the same folder sweeps it.
pub(crate) fn parts_of(host: &Host, job: JobId) {
    let read = host.inbox().read(move |state| {
        let view = state.job(job)?;
        let mut parts: BTreeMap<(u32, u32), Vec<Arc<[u8]>>> = BTreeMap::new();
        for (at, stage) in view.plan().stages.iter().enumerate() {
            // A sink that reported nothing may have begun a part all the same.
            let sinks = stage.outputs.iter().enumerate().filter(|(_, o)| o.kind == OutputKind::Parts);
            parts.extend(sinks.map(|(output, _)| ((at as u32, output as u32), Vec::new())));
            for artifact in view.tasks(at as u32).flat_map(|task| task.artifacts()) {
                if let Some(parts) = parts.get_mut(&(at as u32, artifact.output)) {
                    parts.push(Arc::clone(&artifact.bytes));
                }
            }
        }
        Some((Arc::clone(view.spec()), parts))
    });
    let Ok(Some((spec, parts))) = read else { return };
    let Ok(work) = Work::decode(&spec.node_params) else { return };
    for ((stage, output), parts) in parts {
        let stage = &spec.plan.stages[stage as usize];
        let node = &stage.nodes[stage.outputs[output as usize].node as usize];
        let Ok(Node::Sink(mut sink)) = work.build(node, &BTreeMap::new(), host.registry()) else { continue };
        let parts: Vec<&[u8]> = parts.iter().map(|p| &**p).collect();
        let cx = prepare::outside(&spec.chain, node, &work, host.disk(), job.to_string());
        if let Err(error) = sink.discard(&parts, &cx) {
            tracing::warn!(node = node.name, %error, "parts of the cancelled job were not removed");
        }
    }
}
