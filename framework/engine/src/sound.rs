//! Whether a plan can be run: every reference in it leads somewhere, and nothing in it is beyond its limit.

use crate::{
    limit::{MAX_NODES, MAX_SHARDS, MAX_STAGES, MAX_TASKS, MAX_TIMEOUT_MS},
    plan::{NodePolicy, OutputKind, Plan, ShardSource, Source, Stage},
    time::whole_ms,
};

/// What is wrong with a plan, or `None`.
pub(crate) fn plan_fault(plan: &Plan) -> Option<String> {
    if plan.stages.is_empty() {
        return Some("a plan without stages runs nothing".to_owned());
    }
    if plan.stages.len() > MAX_STAGES {
        return Some(format!("the plan has {} stages, and the limit is {MAX_STAGES}", plan.stages.len()));
    }
    let mut fixed = 0u64;
    for (ix, stage) in plan.stages.iter().enumerate() {
        if let Some(what) = stage_fault(plan, ix, stage) {
            return Some(format!("stage {ix} `{}`: {what}", stage.name));
        }
        if let ShardSource::Fixed(n) = stage.shards {
            fixed += u64::from(n);
        }
    }
    (fixed > MAX_TASKS).then(|| format!("the plan has {fixed} tasks, and the limit is {MAX_TASKS}"))
}

fn stage_fault(plan: &Plan, ix: usize, stage: &Stage) -> Option<String> {
    let earlier = |other: u32| (other as usize) < ix;
    let output = |other: u32, output: u32, parts: bool| {
        let kinds = plan.stages.get(other as usize).and_then(|s| s.outputs.get(output as usize));
        kinds.is_some_and(|o| matches!(o.kind, OutputKind::Parts) == parts)
    };
    if stage.nodes.is_empty() {
        return Some("it has no nodes".to_owned());
    }
    if let Some(node) = stage.nodes.iter().find(|n| n.node >= MAX_NODES) {
        return Some(format!("node `{}` has number {}, and the limit is {MAX_NODES}", node.name, node.node));
    }
    match stage.shards {
        ShardSource::Fixed(n) if n == 0 || n > MAX_SHARDS => {
            return Some(format!("it has {n} shards, and from 1 to {MAX_SHARDS} are allowed"));
        }
        ShardSource::Split(from) | ShardSource::Same(from) if !earlier(from) => {
            return Some(format!("its shards come from stage {from}, which is not before it"));
        }
        _ => {}
    }
    match &stage.source {
        Source::Spool(inputs) if inputs.is_empty() => return Some("it reads from no stage".to_owned()),
        Source::Spool(inputs) => {
            for input in inputs {
                if !earlier(input.stage) || !output(input.stage, input.output, false) {
                    return Some(format!(
                        "it reads output {} of stage {}, which is not there",
                        input.output, input.stage
                    ));
                }
            }
        }
        Source::Parts(from, place) if !earlier(*from) || !output(*from, *place, true) => {
            return Some(format!("it publishes output {place} of stage {from}, which is not there"));
        }
        _ => {}
    }
    std::iter::once(&stage.policy).chain(stage.nodes.iter().map(|n| &n.policy)).find_map(policy_fault)
}

/// What is wrong with a policy, or `None`.
pub(crate) fn policy_fault(policy: &NodePolicy) -> Option<String> {
    if policy.concurrency == Some(0) {
        return Some("a concurrency of 0 runs nothing: pause the job instead".to_owned());
    }
    if let Some(ms) = policy.timeout.map(whole_ms).filter(|ms| *ms == 0 || *ms > MAX_TIMEOUT_MS) {
        return Some(format!("a time-out of {ms} ms is not between 1 ms and 24 h"));
    }
    if policy.retry.is_some_and(|r| r.backoff_min > r.backoff_max) {
        return Some("the shortest back-off is longer than the longest".to_owned());
    }
    None
}
