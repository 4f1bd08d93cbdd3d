//! Plays one seed of the random chains, or many: `chains --seed N [--seeds COUNT] [--program PATH] [--show]`.

use std::{path::PathBuf, process::ExitCode};

use dyeline_tests::chains::{Found, chain_file, check, draw, evaluate, play, play_program};

const USAGE: &str = "usage: chains --seed N [--seeds COUNT] [--program PATH [--kills N]] [--show]
  --program PATH   run the chains by this program (testchains), killed with SIGKILL, not in this process
  --show           print the chain file";

/// What the command line asks for.
struct Asked {
    seed: u64,
    seeds: u64,
    program: Option<PathBuf>,
    kills: usize,
    show: bool,
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { seed: 1, seeds: 1, program: None, kills: 3, show: false };
    while let Some(arg) = args.next() {
        if arg == "--show" {
            asked.show = true;
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{arg} wants a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{arg} {value}: {e}"));
        match arg.as_str() {
            "--seed" => asked.seed = number()?,
            "--seeds" => asked.seeds = number()?,
            "--kills" => asked.kills = usize::try_from(number()?).unwrap_or(usize::MAX),
            "--program" => asked.program = Some(value.into()),
            _ => return Err(format!("unknown argument {arg}")),
        }
    }
    Ok(asked)
}

fn one(asked: &Asked, seed: u64) -> Result<usize, Found> {
    let drawn = draw(seed);
    if asked.show {
        println!("{}\n{:?}", chain_file(&drawn, "out"), drawn.crashes);
    }
    let played = match &asked.program {
        Some(program) => play_program(&drawn, program, asked.kills),
        None => play(&drawn),
    };
    let played = played.map_err(|what| Found::new(seed, what))?;
    check(&drawn, &evaluate(&drawn), &played)?;
    Ok(played.ended_early)
}

fn main() -> ExitCode {
    let asked = match parse(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(e) => {
            eprintln!("{e}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let (mut ended_early, mut findings) = (0, 0);
    for seed in asked.seed..asked.seed.saturating_add(asked.seeds) {
        match one(&asked, seed) {
            Ok(early) => ended_early += early,
            Err(found) => {
                println!("{found}");
                findings += 1;
            }
        }
    }
    println!("{} seeds, {ended_early} crashes and kills, {findings} findings", asked.seeds);
    if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
