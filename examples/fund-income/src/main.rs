//! The nightly income of every holder of a fund: what a first Dyeline program looks like.

mod accrue;
mod first_run;
mod generate;
mod records;
mod sums;

use std::process::ExitCode;

use clap::Parser;

/// The commands this program has beside Dyeline's
#[derive(Parser)]
#[command(name = "fund-income")]
enum Own {
    /// Write made-up positions and real fund prices
    Generate(generate::Generate),
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => first_run::run(),
        Some("generate") => {
            let Own::Generate(generate) = Own::parse();
            generate.run().map_or_else(fail, |()| ExitCode::SUCCESS)
        }
        Some(_) => dyeline::main(),
    }
}

fn fail(error: String) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}
