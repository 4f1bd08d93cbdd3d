//! Random chains through crashes and kills give what a naive evaluator gives.
#![expect(clippy::panic, reason = "a test ends with what it found")]

use std::path::Path;

use dyeline_tests::chains::{Found, Op, check, draw, evaluate, play, play_program};

/// Plays seeds in this process, with crashes of the disk as drawn.
fn seeds(seeds: std::ops::Range<u64>) {
    let (mut crashes, mut failed) = (0, 0);
    for seed in seeds.clone() {
        let drawn = draw(seed);
        let expected = evaluate(&drawn);
        let played = play(&drawn).unwrap_or_else(|what| panic!("{}", Found::new(seed, what)));
        check(&drawn, &expected, &played).unwrap_or_else(|found| panic!("{found}"));
        crashes += played.ended_early;
        failed += u64::from(expected.fails.is_some());
    }
    println!("{seeds:?}: {crashes} crashes, {failed} jobs that had to fail");
    assert!(crashes > 0, "no crash came before a job's end");
}

#[test]
fn chains_1_to_100_give_what_plain_vectors_give() {
    seeds(1..101);
}

#[test]
fn chains_101_to_200_give_what_plain_vectors_give() {
    seeds(101..201);
}

#[test]
fn chains_201_to_300_give_what_plain_vectors_give() {
    seeds(201..301);
}

#[test]
fn programs_that_are_killed_give_what_plain_vectors_give() {
    let program = Path::new(env!("CARGO_BIN_EXE_testchains"));
    let mut kills = 0;
    for seed in 1_001..1_021 {
        let drawn = draw(seed);
        let played =
            play_program(&drawn, program, 3).unwrap_or_else(|what| panic!("{}", Found::new(seed, what)));
        check(&drawn, &evaluate(&drawn), &played).unwrap_or_else(|found| panic!("{found}"));
        kills += played.ended_early;
    }
    assert!(kills >= 10, "only {kills} kills came before a job's end");
}

/// Kinds of nodes, failures and crashes.
const KINDS: usize = 27;

/// What is never drawn is not tested.
#[test]
fn every_kind_of_node_and_of_failure_is_drawn() {
    let mut drawn = std::collections::BTreeMap::<&str, u32>::new();
    for seed in 1..301 {
        let chain = draw(seed);
        let mut count = |what| *drawn.entry(what).or_default() += 1;
        for node in &chain.nodes {
            count(match &node.op {
                Op::Map(_) if node.after.len() > 1 => "fan-in",
                Op::Map(_) if node.tolerates.is_some() => "barrier before a map",
                Op::Sum if node.tolerates.is_some() => "barrier before a sum",
                Op::Map(_) => "map",
                Op::Filter(_) => "filter",
                Op::Expand(_) => "expand",
                Op::Branch => "branch",
                Op::Running => "state",
                Op::Call(_) => "async",
                Op::Fail(_, rates) if rates.stubborn > 0 && node.skip.is_some() => "used up retries",
                Op::Fail(_, rates) if rates.skip > 0 => "skips",
                Op::Fail(_, rates) if rates.panics > 0 => "panics",
                Op::Fail(_, rates) if rates.throttled > 0 => "throttled",
                Op::Fail(..) => "other failures",
                Op::Doom(_) => "failed shards",
                Op::Hang(_, true) => "deaf to its time-out",
                Op::Hang(_, false) => "time-out",
                Op::Join if node.moves.is_some() => "a join of moved items",
                Op::Join => "a join shard by shard",
                Op::Sum => "aggregate",
                Op::Fold(true) => "reducer with a state",
                Op::Fold(false) => "reducer without one",
                Op::Write(dyeline_tests::chains::Sink::DeadLetters) => "dead letters",
                Op::Write(_) => "sink",
            });
        }
        for crash in &chain.crashes {
            count(if crash.power { "loss of power" } else { "kill" });
        }
        if evaluate(&chain).fails.is_some() {
            count("a job that fails");
        }
    }
    println!("{drawn:#?}");
    assert_eq!(drawn.len(), KINDS, "{drawn:#?}");
    let rare: Vec<_> = drawn.iter().filter(|(what, n)| **n < 10 && !what.starts_with("deaf")).collect();
    assert!(rare.is_empty(), "{rare:?}");
}
