//! The legs, round by round, and what came of them.

use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Duration};

use super::{
    figure,
    leg::{self, Amount, Leg, Round},
    place::Place,
    quantile::quantile,
    report::Report,
    table,
};
use crate::failure::{Failure, ResultExt as _};

/// Where `--record` writes.
const FIGURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/lanes.svg");
/// The same in numbers.
const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/lanes.json");

/// What is measured, and how it is shown
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Run {
    /// Items of the chain in each round
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    items: u64,
    /// Rounds of each leg
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Calls of users a second
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..100_000))]
    rate: u32,
    /// One short round of each leg: whether calls leak shows, how long users wait hardly
    #[arg(long, conflicts_with_all = ["items", "rounds", "record"])]
    quick: bool,
    /// Write the figure and the numbers of the example's page
    #[arg(long)]
    record: bool,
    /// `text` for people, or `json` for programs
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
}

impl Run {
    /// Runs all legs in turns, so that what the machine does beside falls on all of them.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (items, rounds, alone) = match self.quick {
            true => (3_000, 1, Duration::from_secs(2)),
            false => (self.items, self.rounds, Duration::from_secs(8)),
        };
        let amount = Amount { rate: self.rate, items, alone };
        let place = Place::find()?;
        let cores = place.cores;
        eprintln!(
            "users on core {}, the chain on core {}; {} calls of users a second, {items} items a round",
            cores.online, cores.batch, self.rate
        );
        let mut all = BTreeMap::<Leg, Vec<Round>>::new();
        for number in 1..=rounds {
            for leg in Leg::ALL {
                let round = leg::run(&place, leg, amount)?;
                tell(number, rounds, leg, &round);
                all.entry(leg).or_default().push(round);
            }
        }
        self.show(&Report::of(&all, items))
    }

    fn show(&self, report: &Report) -> Result<ExitCode, Failure> {
        let json = serde_json::to_string_pretty(report).why("show the report")?;
        match self.output.as_str() {
            "json" => println!("{json}"),
            _ => println!("\n{}", table::text(report)),
        }
        if self.record {
            write(FIGURE, &figure::svg(report))?;
            write(FIGURES, &format!("{json}\n"))?;
        }
        let leaks = report.leaks();
        for leak in &leaks {
            eprintln!("leak: {leak}");
        }
        Ok(if leaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn write(path: &str, text: &str) -> Result<(), Failure> {
    std::fs::write(Path::new(path), text).why(format!("write {path}"))
}

fn tell(number: u32, of: u32, leg: Leg, round: &Round) {
    let ms = |q| quantile(&round.users.latencies_ns, q) as f64 / 1e6;
    let chain =
        round.chain_ms.map_or(String::new(), |ms| format!(", the chain took {:.1} s", ms as f64 / 1e3));
    let (p50, p99, calls) = (ms(0.5), ms(0.99), round.users.latencies_ns.len());
    eprintln!(
        "round {number} of {of}, {}: p50 {p50:.3} ms, p99 {p99:.3} ms of {calls} calls{chain}",
        leg.name()
    );
    if let Some(why) = &round.users.why {
        eprintln!("  {} calls of users had no answer; the first: {why}", round.users.failed);
    }
}
