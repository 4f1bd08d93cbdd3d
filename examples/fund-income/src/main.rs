//! The nightly income of every holder of a fund: what a first Dyeline program looks like.

mod generate;

use std::process::ExitCode;

use clap::Parser;

/// The commands this program has beside Dyeline's.
#[derive(Parser)]
#[command(name = "fund-income", about)]
enum Command {
    /// Write made-up positions and real fund prices
    Generate(generate::Generate),
}

fn main() -> ExitCode {
    let Command::Generate(generate) = Command::parse();
    match generate.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
