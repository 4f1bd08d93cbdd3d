//! Power cuts and kills at every call to the disk: what was acknowledged is there, and what is there was submitted.

use dyeline_tests::{disk::Random, log_workload::Workload};

/// Runs of the whole test; each has a few crashes.
const SEEDS: u64 = 400;

#[test]
fn acknowledged_batches_survive_every_crash() {
    let mut crashes = 0;
    let mut restored = 0;
    for seed in 0..SEEDS {
        let outcome = Workload::new(seed).run();
        match outcome {
            Ok(run) => {
                crashes += run.crashes;
                restored += run.restored;
            }
            Err(loss) => panic!("seed {seed}: {loss}"),
        }
    }
    assert!(crashes >= 3 * SEEDS, "only {crashes} crashes in {SEEDS} runs");
    assert!(restored >= 100 * SEEDS, "only {restored} batches were restored");
}

/// The first rounds of a log's life, cut at each single call: making the folder, the epoch, the first segments.
#[test]
fn a_new_log_survives_a_cut_at_each_call() {
    let mut cut_in_the_middle = 0;
    for calls in 0..120 {
        for seed in 0..6 {
            let run = Workload::new(seed).cut_first_round_after(calls).run();
            let run = run.unwrap_or_else(|loss| panic!("cut after {calls} calls, seed {seed}: {loss}"));
            cut_in_the_middle += u64::from(run.first_round_was_cut);
        }
    }
    assert!(cut_in_the_middle > 500, "the first round was cut {cut_in_the_middle} times only");
}

#[test]
fn the_same_seed_draws_the_same_numbers() {
    let numbers = |seed| {
        let mut random = Random::new(seed);
        (0..10).map(|_| random.draw()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(7), numbers(7));
    assert_ne!(numbers(7), numbers(8));
}
