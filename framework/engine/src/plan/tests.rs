//! What the planner promises: each node in one stage, an order, both ends of every cut.

use proptest::prelude::*;

use super::*;

fn record(name: &str) -> RecordRef {
    RecordRef { name: name.to_owned(), hash: 1 }
}

/// A node that reads from others by place, all through their first ports.
fn node(name: &str, role: Role, from: &[usize]) -> GraphNode {
    GraphNode {
        name: name.to_owned(),
        processor: format!("test-{name}"),
        role,
        inputs: from.iter().map(|f| Edge { from: *f, output: 0, input: 0, record: record("Row") }).collect(),
        group: "default".to_owned(),
        state: NodeState::None,
        combines: false,
        exchange: None,
        barrier: None,
        policy: NodePolicy::default(),
    }
}

fn by(shards: u32) -> Option<Exchange> {
    Some(Exchange::By { field: "k".to_owned(), shards })
}

/// One line a stage: name, shards, what it reads, what it leaves.
fn lines(plan: &Plan) -> Vec<String> {
    let source = |source: &Source| match source {
        Source::Nothing => "nothing".to_owned(),
        Source::Shard => "shard".to_owned(),
        Source::Parts(stage, output) => format!("parts {stage}.{output}"),
        Source::Spool(inputs) => inputs
            .iter()
            .map(|i| format!("{}.{}{}", i.stage, i.output, if i.all { " all" } else { "" }))
            .collect::<Vec<_>>()
            .join(" & "),
    };
    let kind = |output: &Output| match &output.kind {
        OutputKind::Parts => format!("parts of {}", output.node),
        OutputKind::Spool { exchange, record } => format!("{exchange:?} {} of {}", record.name, output.node),
    };
    plan.stages
        .iter()
        .map(|s| {
            let outputs: Vec<String> = s.outputs.iter().map(kind).collect();
            let atomic = if s.atomic { " atomic" } else { "" };
            format!("{}{atomic}: {:?} <- {} -> [{}]", s.name, s.shards, source(&s.source), outputs.join(", "))
        })
        .collect()
}

fn check(nodes: Vec<GraphNode>, expect: &[&str]) {
    let plan = plan(&Graph { nodes }).expect("a plan");
    assert_eq!(lines(&plan), expect);
}

#[test]
fn neighbours_fuse_and_a_sink_is_published() {
    check(
        vec![
            node("split", Role::Splitter, &[]),
            node("load", Role::Loader, &[0]),
            node("work", Role::Processor, &[1]),
            node("write", Role::Sink, &[2]),
        ],
        &[
            "split: Fixed(1) <- nothing -> []",
            "load+work+write: Split(0) <- shard -> [parts of 2]",
            "publish write: Fixed(1) <- parts 1.0 -> []",
        ],
    );
}

#[test]
fn a_branch_stays_fused_as_a_tree() {
    let nodes = vec![
        node("load", Role::Loader, &[]),
        node("check", Role::Processor, &[0]),
        node("good", Role::Sink, &[1]),
        node("bad", Role::Sink, &[1]),
    ];
    let plan = plan(&Graph { nodes }).expect("a plan");
    let parents: Vec<_> = plan.stages[0].nodes.iter().map(|n| n.parent).collect();
    assert_eq!(parents, [None, Some((0, 0, 0)), Some((1, 0, 0)), Some((1, 0, 0))]);
    assert_eq!(plan.stages.len(), 3);
}

#[test]
fn an_aggregate_combines_before_its_exchange() {
    let mut sum = node("sum", Role::Reducer, &[1]);
    (sum.combines, sum.exchange, sum.state) = (true, by(16), NodeState::Unsaved);
    let mut write = node("write", Role::Sink, &[2]);
    write.inputs[0].record = record("Sum");
    let nodes = vec![node("split", Role::Splitter, &[]), node("load", Role::Loader, &[0]), sum, write];
    let exchange = "Some(By { field: \"k\", shards: 16 })";
    check(
        nodes.clone(),
        &[
            "split: Fixed(1) <- nothing -> []",
            &format!("load+combine sum: Split(0) <- shard -> [{exchange} Sum of 1]"),
            "sum+write atomic: Fixed(16) <- 1.0 all -> [parts of 1]",
            "publish write: Fixed(1) <- parts 2.0 -> []",
        ],
    );
    let plan = plan(&Graph { nodes }).expect("a plan");
    let halves: Vec<_> =
        plan.stages[1].nodes.iter().chain(&plan.stages[2].nodes).map(|n| (n.combine, n.merge)).collect();
    assert_eq!(halves, [(false, false), (true, false), (false, true), (false, false)]);
}

#[test]
fn dead_letters_are_read_from_any_node_but_a_splitter() {
    let letters = |from: usize, output: u32| {
        let mut reader = node("letters", Role::Sink, &[from]);
        (reader.inputs[0].output, reader.inputs[0].record) = (output, record(DEAD_LETTER));
        reader
    };
    let sink = vec![node("load", Role::Loader, &[]), node("write", Role::Sink, &[0]), letters(1, 0)];
    assert_eq!(plan(&Graph { nodes: sink }).expect("a plan").stages[0].nodes.len(), 3);
    let mut sum = node("sum", Role::Reducer, &[0]);
    (sum.combines, sum.exchange) = (true, by(4));
    let nodes = vec![node("load", Role::Loader, &[]), sum, node("write", Role::Sink, &[1]), letters(1, 1)];
    let plan = plan(&Graph { nodes }).expect("a plan");
    assert!(plan.stages.iter().flat_map(|s| &s.nodes).all(|n| !n.combine && !n.merge));
    assert_eq!(plan.stages[1].name, "sum+write+letters");
}

#[test]
fn a_reducer_without_an_exchange_gathers() {
    check(
        vec![
            node("split", Role::Splitter, &[]),
            node("load", Role::Loader, &[0]),
            node("reduce", Role::Reducer, &[1]),
            node("write", Role::Sink, &[2]),
        ],
        &[
            "split: Fixed(1) <- nothing -> []",
            "load: Split(0) <- shard -> [Some(Gather) Row of 0]",
            "reduce+write: Fixed(1) <- 1.0 all -> [parts of 1]",
            "publish write: Fixed(1) <- parts 2.0 -> []",
        ],
    );
}

#[test]
fn sorted_input_does_not_move() {
    let mut sum = node("sum", Role::Reducer, &[1]);
    (sum.combines, sum.exchange) = (true, Some(Exchange::Sorted { field: "k".to_owned() }));
    sum.state = NodeState::Unsaved;
    let nodes = vec![
        node("split", Role::Splitter, &[]),
        node("load", Role::Loader, &[0]),
        sum,
        node("write", Role::Sink, &[2]),
    ];
    let plan = plan(&Graph { nodes }).expect("a plan");
    assert_eq!(plan.stages[1].name, "load+sum+write");
    assert_eq!(plan.stages[1].nodes[1].sorted_by.as_deref(), Some("k"));
    assert!(!plan.stages[1].nodes[1].combine && !plan.stages[1].nodes[1].merge);
    assert!(!plan.stages[1].atomic, "over sorted input an aggregate keeps one result, and saves it");
}

#[test]
fn a_fan_in_needs_the_same_shards() {
    let base = || {
        vec![
            node("split", Role::Splitter, &[]),
            node("a", Role::Loader, &[0]),
            node("b", Role::Loader, &[0]),
            node("join", Role::Processor, &[2, 1]),
        ]
    };
    check(
        base(),
        &[
            "split: Fixed(1) <- nothing -> []",
            "a: Split(0) <- shard -> [None Row of 0]",
            "b: Split(0) <- shard -> [None Row of 0]",
            "join: Same(2) <- 2.0 & 1.0 -> []",
        ],
    );
    let mut nodes = base();
    nodes.push(node("other", Role::Loader, &[]));
    nodes[3].inputs[0].from = 4;
    let mistakes = plan(&Graph { nodes }).expect_err("different shards");
    assert_eq!(mistakes[0].code, code::DIFFERENT_SHARDS);
    assert!(mistakes[0].message.contains("`other` (one shard) and `a` (the shards that `split` finds)"));
}

#[test]
fn a_join_reads_its_ports_in_their_order() {
    let mut join = node("join", Role::Processor, &[2, 1, 3]);
    for (edge, port) in join.inputs.iter_mut().zip([1, 0, 0]) {
        edge.input = port;
    }
    let loader = |name| node(name, Role::Loader, &[0]);
    let mut nodes = vec![node("split", Role::Splitter, &[]), loader("a"), loader("b"), loader("c"), join];
    let reads = |nodes: &[GraphNode]| {
        let plan = plan(&Graph { nodes: nodes.to_vec() }).expect("a plan");
        let Some(Source::Spool(inputs)) = plan.stages.last().map(|s| &s.source) else { panic!("a join") };
        inputs.iter().map(|i| (i.stage, i.input)).collect::<Vec<_>>()
    };
    assert_eq!(reads(&nodes), [(1, 0), (3, 0), (2, 1)]);
    nodes[4].exchange = by(4);
    assert_eq!(reads(&nodes), [(1, 0), (3, 0), (2, 1)]);
}

#[test]
fn each_input_of_a_join_is_exchanged_by_a_field_of_its_own() {
    let mut join = node("join", Role::Processor, &[0, 1]);
    join.inputs[1].input = 1;
    let fields = vec!["user_id".to_owned(), "holder".to_owned()];
    join.exchange = Some(Exchange::ByEach { fields, shards: 4 });
    let mut nodes = vec![node("a", Role::Loader, &[]), node("b", Role::Loader, &[]), join];
    let of = |field| format!("Some(By {{ field: \"{field}\", shards: 4 }}) Row of 0");
    check(
        nodes.clone(),
        &[
            &format!("a: Fixed(1) <- nothing -> [{}]", of("user_id")),
            &format!("b: Fixed(1) <- nothing -> [{}]", of("holder")),
            "join: Fixed(4) <- 0.0 all & 1.0 all -> []",
        ],
    );
    nodes[2].inputs[1].input = 2;
    let mistakes = plan(&Graph { nodes }).expect_err("an input without a field");
    assert_eq!(mistakes[0].code, code::BROKEN_EDGE);
}

#[test]
fn a_barrier_and_a_change_of_group_cut_one_to_one() {
    let mut waits = node("waits", Role::Processor, &[1]);
    waits.barrier = Some(Barrier { tolerate_ppm: 10_000 });
    let mut away = node("away", Role::Processor, &[2]);
    away.group = "batch".to_owned();
    let nodes = vec![node("split", Role::Splitter, &[]), node("load", Role::Loader, &[0]), waits, away];
    check(
        nodes,
        &[
            "split: Fixed(1) <- nothing -> []",
            "load: Split(0) <- shard -> [None Row of 0]",
            "waits: Same(1) <- 1.0 all -> [None Row of 0]",
            "away: Same(2) <- 2.0 -> []",
        ],
    );
}

#[test]
fn consumers_that_want_the_same_share_an_output() {
    let consumer = |name| GraphNode { exchange: by(4), ..node(name, Role::Processor, &[0]) };
    let nodes = vec![node("load", Role::Loader, &[]), consumer("x"), consumer("y")];
    let plan = plan(&Graph { nodes }).expect("a plan");
    assert_eq!(plan.stages[0].outputs.len(), 1);
}

#[test]
fn a_stage_is_atomic_when_a_node_cannot_save_its_state() {
    let mut nodes = vec![node("load", Role::Loader, &[]), node("work", Role::Processor, &[0])];
    nodes[1].state = NodeState::Unsaved;
    check(nodes, &["load+work atomic: Fixed(1) <- nothing -> []"]);
}

#[test]
fn mistakes_name_nodes_and_limits() {
    let fails = |nodes: Vec<GraphNode>| {
        let mistakes = plan(&Graph { nodes }).expect_err("mistakes");
        mistakes.into_iter().map(|m| format!("{}: {m}", m.code)).collect::<Vec<_>>()
    };
    let with = |shards| {
        let exchanged = GraphNode { exchange: by(shards), ..node("x", Role::Processor, &[0]) };
        vec![node("load", Role::Loader, &[]), exchanged]
    };
    assert!(plan(&Graph { nodes: with(100_000) }).is_ok());
    assert!(fails(with(0))[0].contains("0 shards; the limit is 100000"));
    assert!(fails(with(1_000_000))[0].contains("1000000 shards; the limit is 100000"));
    assert!(fails(vec![])[0].contains("0 nodes"));
    assert!(
        fails((0..1_001).map(|i| node(&i.to_string(), Role::Loader, &[])).collect())[0]
            .contains("1001 nodes")
    );
    let cycle = vec![node("a", Role::Processor, &[1]), node("b", Role::Processor, &[0])];
    assert_eq!(fails(cycle), ["dyeline::plan::cycle: nodes wait for each other: a → b → a"]);
    let all = fails(vec![
        node("split", Role::Splitter, &[1]),
        node("write", Role::Sink, &[]),
        node("after", Role::Processor, &[1]),
        node("load", Role::Loader, &[2]),
        node("items", Role::Processor, &[0]),
        node("far", Role::Sink, &[77]),
    ]);
    assert_eq!(all.len(), 1, "a broken edge stops the rest: {all:?}");
    let all = fails(vec![
        node("split", Role::Splitter, &[]),
        node("write", Role::Sink, &[]),
        node("after", Role::Processor, &[1]),
        node("load", Role::Loader, &[2]),
        node("items", Role::Processor, &[0]),
    ]);
    assert_eq!(all.len(), 4, "{all:#?}");
}

/// Random graphs without cycles whose roles follow each other.
fn graphs() -> impl Strategy<Value = Graph> {
    let shape = (any::<u8>(), proptest::collection::vec(any::<u16>(), 1..4), any::<bool>(), any::<bool>());
    proptest::collection::vec(shape, 1..40).prop_map(|shapes| {
        let mut nodes = vec![node("split", Role::Splitter, &[]), node("load", Role::Loader, &[0])];
        for (i, (kind, picks, combines, away)) in shapes.into_iter().enumerate() {
            let open: Vec<usize> =
                (1..nodes.len()).filter(|n| !matches!(nodes[*n].role, Role::Sink | Role::Splitter)).collect();
            let mut from: Vec<usize> = picks.iter().map(|p| open[usize::from(*p) % open.len()]).collect();
            let exchange =
                [None, by(3), Some(Exchange::Gather), Some(Exchange::Sorted { field: "k".into() })];
            let exchange = exchange[usize::from(kind) % 4].clone();
            if exchange.is_none() || matches!(exchange, Some(Exchange::Sorted { .. })) {
                from.truncate(1);
            }
            let role =
                [Role::Processor, Role::Reducer, Role::Processor, Role::Sink][usize::from(kind / 4) % 4];
            let mut made = node(&format!("n{i}"), role, &from);
            made.exchange = exchange;
            made.combines = combines && role == Role::Reducer;
            made.barrier = (kind > 200).then_some(Barrier { tolerate_ppm: 1 });
            if away {
                made.group = "batch".into();
            }
            made.state = if kind % 7 == 0 { NodeState::Unsaved } else { NodeState::Saved };
            nodes.push(made);
        }
        Graph { nodes }
    })
}

proptest! {
    #[test]
    fn every_node_is_in_one_stage_and_every_cut_has_both_ends(graph in graphs()) {
        let plan = plan(&graph).expect("roles follow each other");
        let published = |s: &Stage| matches!(s.source, Source::Parts(..));
        for (ix, node) in graph.nodes.iter().enumerate() {
            let at = || plan.stages.iter().filter(|s| !published(s)).flat_map(|s| &s.nodes)
                .filter(|n| n.node as usize == ix);
            prop_assert_eq!(at().filter(|n| !n.combine).count(), 1, "node {}", &node.name);
            let halves = at().filter(|n| n.combine).count();
            prop_assert_eq!(at().any(|n| n.merge), halves > 0);
            prop_assert!(halves == 0 || (node.combines && halves == node.inputs.len()));
        }
        let sinks = graph.nodes.iter().filter(|n| n.role == Role::Sink).count();
        prop_assert_eq!(plan.stages.iter().filter(|s| published(s)).count(), sinks);

        let mut read = std::collections::BTreeSet::new();
        for (ix, stage) in plan.stages.iter().enumerate() {
            let before = |s: u32| (s as usize) < ix;
            match stage.shards {
                ShardSource::Split(s) | ShardSource::Same(s) => prop_assert!(before(s)),
                ShardSource::Fixed(n) => prop_assert!(n > 0),
            }
            match &stage.source {
                Source::Spool(inputs) => {
                    prop_assert!(!inputs.is_empty());
                    for input in inputs {
                        prop_assert!(before(input.stage));
                        let output = plan.stages[input.stage as usize].outputs.get(input.output as usize);
                        let Some(Output { kind: OutputKind::Spool { exchange, .. }, .. }) = output else {
                            return Err(TestCaseError::fail("a spool input reads something else"));
                        };
                        prop_assert!(exchange.is_none() || input.all);
                        read.insert((input.stage, input.output));
                    }
                }
                Source::Parts(s, output) => {
                    prop_assert!(before(*s));
                    prop_assert_eq!(&plan.stages[*s as usize].outputs[*output as usize].kind, &OutputKind::Parts);
                    read.insert((*s, *output));
                }
                Source::Nothing | Source::Shard => {}
            }
            for (place, node) in stage.nodes.iter().enumerate() {
                match node.parent {
                    Some((parent, _, _)) => prop_assert!((parent as usize) < place),
                    None => prop_assert_eq!(place, 0),
                }
                prop_assert!(published(stage) || graph.nodes[node.node as usize].group == stage.group || node.combine);
            }
        }
        for (ix, stage) in plan.stages.iter().enumerate() {
            for output in 0..stage.outputs.len() {
                prop_assert!(read.contains(&(ix as u32, output as u32)), "nobody reads {ix}.{output}");
            }
        }
    }
}
