//! Random plans: splitters, pipelined stages, exchanges, barriers, fan-in, sinks with publishers.

use std::time::Duration;

use dyeline_engine::plan::{
    Barrier, NodePolicy, Output, OutputKind, Plan, RecordRef, Retry, Role, ShardSource, Skip, Source,
    SpoolInput, Stage, StageNode,
};

use super::Rng;

/// The groups that workers belong to.
pub(crate) const GROUPS: [&str; 2] = ["batch", "risk"];

/// A plan of one to six stages.
pub(crate) fn random(rng: &mut Rng) -> Plan {
    let mut stages: Vec<Stage> = Vec::new();
    let mut nodes = 0;
    if rng.chance(60) {
        stages.push(stage(rng, &mut nodes, ShardSource::Fixed(1), Source::Nothing, Role::Splitter));
        stages.push(stage(rng, &mut nodes, ShardSource::Split(0), Source::Shard, Role::Loader));
    } else {
        let shards = rng.between(1, 3) as u32;
        stages.push(stage(rng, &mut nodes, ShardSource::Fixed(shards), Source::Nothing, Role::Loader));
    }
    for _ in 0..rng.below(3) {
        let last = stages.len() as u32 - 1;
        if rng.chance(40) {
            // A barrier may also stand in a one-to-one cut: it waits for all shards, and keeps them.
            let waits = rng.chance(25);
            let barrier = waits.then(|| Barrier { tolerate_ppm: rng.between(0, 6) as u32 * 100_000 });
            let input = spool(last, waits, barrier);
            let source = Source::Spool(vec![input]);
            stages.push(stage(rng, &mut nodes, ShardSource::Same(last), source, Role::Processor));
        } else {
            let barrier =
                rng.chance(60).then(|| Barrier { tolerate_ppm: rng.between(0, 6) as u32 * 100_000 });
            let mut inputs = vec![spool(last, true, barrier)];
            if last > 0 && rng.chance(30) && stages[last as usize - 1].nodes[0].role != Role::Splitter {
                inputs.push(spool(last - 1, true, barrier));
            }
            let shards = ShardSource::Fixed(rng.between(1, 4) as u32);
            stages.push(stage(rng, &mut nodes, shards, Source::Spool(inputs), Role::Processor));
        }
    }
    if rng.chance(40) {
        let last = stages.len() - 1;
        stages[last].outputs.push(Output { node: 0, port: 0, kind: OutputKind::Parts });
        let source = Source::Parts(last as u32, 1);
        stages.push(stage(rng, &mut nodes, ShardSource::Fixed(1), source, Role::Sink));
    }
    Plan { stages }
}

fn spool(stage: u32, all: bool, barrier: Option<Barrier>) -> SpoolInput {
    SpoolInput { stage, output: 0, input: 0, all, barrier }
}

fn stage(rng: &mut Rng, nodes: &mut u32, shards: ShardSource, source: Source, role: Role) -> Stage {
    let count = if role == Role::Splitter { 1 } else { rng.between(1, 2) };
    let members: Vec<StageNode> = (0..count)
        .map(|i| {
            *nodes += 1;
            StageNode {
                node: *nodes - 1,
                name: format!("n{}", *nodes - 1),
                processor: "simulated".to_owned(),
                role: if i == 0 { role } else { Role::Processor },
                combine: false,
                merge: false,
                parent: (i > 0).then(|| (i as u32 - 1, 0, 0)),
                sorted_by: None,
                policy: policy(rng),
            }
        })
        .collect();
    let group = GROUPS[usize::from(rng.chance(30))].to_owned();
    let kind = OutputKind::Spool { exchange: None, record: RecordRef { name: "Item".to_owned(), hash: 1 } };
    let mut stage = Stage {
        name: members.iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join("+"),
        group,
        shards,
        source,
        nodes: members,
        outputs: vec![Output { node: 0, port: 0, kind }],
        atomic: rng.chance(15),
        policy: NodePolicy::default(),
    };
    let policies = || stage.nodes.iter().map(|n| &n.policy);
    stage.policy = NodePolicy {
        timeout: policies().filter_map(|p| p.timeout).min(),
        concurrency: policies().filter_map(|p| p.concurrency).min(),
        priority: policies().filter_map(|p| p.priority).max(),
        cost: policies().filter_map(|p| p.cost).max(),
        ..NodePolicy::default()
    };
    stage
}

fn policy(rng: &mut Rng) -> NodePolicy {
    let retry = rng.chance(70).then(|| Retry {
        max: rng.between(0, 4) as u32,
        backoff_min: Duration::from_millis(rng.between(1, 200) * rng.between(1, 20)),
        backoff_max: Duration::from_millis(rng.between(4_000, 20_000)),
    });
    NodePolicy {
        retry,
        skip: rng.chance(40).then(|| Skip { limit: rng.between(0, 12) }),
        timeout: rng.chance(25).then(|| Duration::from_millis(rng.between(300, 3_000))),
        concurrency: rng.chance(30).then(|| rng.between(1, 3) as u32),
        priority: rng.chance(20).then(|| rng.below(4) as i32 - 1),
        checkpoint: None,
        cost: rng.chance(20).then(|| rng.between(100, 3_000) as u32),
    }
}
