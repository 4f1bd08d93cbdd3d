//! The simulation over 200 seeds, and the faults it must find.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the functions beside the tests are part of them")]

use std::{
    num::NonZero,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use dyeline_tests::sim::{Coverage, Fault, Finding, Options, Summary, expected, run};

const SEEDS: u64 = 200;
const EVENTS: u64 = 8_000;
/// How often everything must occur over the seeds.
const OFTEN: u64 = 100;

/// Plays seeds on all cores, until `enough` says so.
fn play(
    fault: Option<Fault>,
    enough: impl Fn(&Result<Summary, Box<Finding>>) -> bool + Sync,
) -> Vec<Result<Summary, Box<Finding>>> {
    let next = AtomicU64::new(1);
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    thread::scope(|scope| {
        let play = || {
            let mut results = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed > SEEDS {
                    return results;
                }
                let result = run(Options { seed, events: EVENTS, fault, verbose: false });
                if enough(&result) {
                    next.store(SEEDS + 1, Ordering::Relaxed);
                }
                results.push(result);
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(play)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn every_seed_keeps_every_promise_and_everything_occurs() {
    let mut coverage = Coverage::default();
    for result in play(None, |result| result.is_err()) {
        match result {
            Ok(summary) => coverage.add(&summary.coverage),
            Err(finding) => panic!("{finding}"),
        }
    }
    let names = expected();
    let rare: Vec<_> =
        names.iter().map(|n| (n, coverage.of(n))).filter(|(_, count)| *count < OFTEN).collect();
    assert!(rare.is_empty(), "occurred less than {OFTEN} times over {SEEDS} seeds: {rare:?}");
}

/// Plays seeds with a planted fault until one shows it, and says which promise it broke.
fn found(fault: Fault) -> &'static str {
    let findings = play(Some(fault), |result| result.is_err()).into_iter().filter_map(Result::err);
    let found = findings.map(|f| f.invariant).next();
    found.unwrap_or_else(|| panic!("{fault:?} was not found within {SEEDS} seeds"))
}

#[test]
fn a_report_that_is_not_fenced_off_is_found() {
    assert_eq!(found(Fault::NoFencing), "E3-fenced");
}

#[test]
fn a_checkpoint_that_moves_back_is_found() {
    assert_eq!(found(Fault::CheckpointMovesBack), "E5-forward");
}

#[test]
fn a_lost_timer_is_found() {
    let invariant = found(Fault::LostTimer);
    assert!(["E7-no-stall", "E12-derived"].contains(&invariant), "{invariant}");
}

#[test]
fn commands_that_do_not_see_each_other_are_found() {
    let invariant = found(Fault::BlindBatch);
    assert!(["E1-one-end", "E2-one-lease", "E6-limit", "E9-recovery"].contains(&invariant), "{invariant}");
}

#[test]
fn a_hand_out_before_its_commit_is_found() {
    assert_eq!(found(Fault::EarlyHandOut), "E10-durable-first");
}
