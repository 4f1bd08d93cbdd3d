//! Plays one seed of the simulation, or many: `sim --seed N --events M [--seeds COUNT] [--fault NAME] [--verbose]`.

use std::process::ExitCode;

use dyeline_tests::sim::{Coverage, Fault, Options, expected, run};

const USAGE: &str = "usage: sim --seed N [--events M] [--seeds COUNT] [--fault NAME] [--verbose]
faults: NoFencing CheckpointMovesBack LostTimer BlindBatch EarlyHandOut";

/// What the command line asks for.
struct Asked {
    options: Options,
    seeds: u64,
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let options = Options { seed: 1, events: 5_000, fault: None, verbose: false };
    let mut asked = Asked { options, seeds: 1 };
    while let Some(arg) = args.next() {
        if arg == "--verbose" {
            asked.options.verbose = true;
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{arg} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--seed" => asked.options.seed = number()?,
            "--events" => asked.options.events = number()?,
            "--seeds" => asked.seeds = number()?,
            "--fault" => asked.options.fault = Some(fault(&value)?),
            _ => return Err(format!("unknown argument {arg}")),
        }
    }
    Ok(asked)
}

fn fault(name: &str) -> Result<Fault, String> {
    let all = [
        Fault::NoFencing,
        Fault::CheckpointMovesBack,
        Fault::LostTimer,
        Fault::BlindBatch,
        Fault::EarlyHandOut,
    ];
    all.into_iter().find(|f| format!("{f:?}") == name).ok_or_else(|| format!("unknown fault {name}"))
}

fn main() -> ExitCode {
    let asked = match parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(e) => {
            eprintln!("{e}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let mut coverage = Coverage::default();
    let (mut events, mut jobs, mut findings) = (0, 0, 0);
    for seed in asked.options.seed..asked.options.seed.saturating_add(asked.seeds) {
        match run(Options { seed, ..asked.options }) {
            Ok(summary) => {
                coverage.add(&summary.coverage);
                events += summary.events;
                jobs += summary.jobs;
            }
            Err(finding) => {
                println!("{finding}");
                findings += 1;
            }
        }
    }
    for name in expected() {
        println!("{:>9}  {name}", coverage.of(&name));
    }
    println!("{} seeds, {events} events, {jobs} jobs, {findings} findings", asked.seeds);
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
