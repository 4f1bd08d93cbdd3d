//! A batch job and online users share three services, each in a lane of its own: what that spares the users, and where
//! every call went.

mod chain;
mod failure;
mod load;
mod run;
mod service;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use failure::Failure;

/// Runs users and a chain over the same services, without lanes and with them, and shows what users notice of it
#[derive(Parser)]
#[command(name = "lanes", args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    own: Option<Own>,
    #[command(flatten)]
    run: run::Run,
}

/// The commands this program has beside Dyeline's
#[derive(clap::Subcommand)]
enum Own {
    Service(service::Serve),
    Load(load::Load),
    Versions(run::Versions),
    Outage(run::Outage),
}

fn main() -> ExitCode {
    if let Err(failure) = run::adopt() {
        return fail(&failure);
    }
    let own = ["service", "load", "versions", "outage", "help", "--help", "-h"];
    let first = std::env::args().nth(1);
    if first.is_some_and(|word| !word.starts_with('-') && !own.contains(&word.as_str())) {
        return dyeline::main();
    }
    let line = Line::parse();
    let ended = match line.own {
        Some(Own::Service(serve)) => Ok(serve.run()),
        Some(Own::Load(load)) => load.run(),
        Some(Own::Versions(versions)) => versions.run(),
        Some(Own::Outage(outage)) => outage.run(),
        None => line.run.run(),
    };
    ended.unwrap_or_else(|failure| fail(&failure))
}

fn fail(failure: &Failure) -> ExitCode {
    eprintln!("error: {failure}");
    ExitCode::FAILURE
}
