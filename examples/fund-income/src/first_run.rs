//! What happens without arguments: generate the input if it is absent, launch the chain, print the totals.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use dyeline::prelude::*;

use crate::generate::Generate;

const CHAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/chains/fund-income.toml");

/// Where the chain file puts its results by default.
const OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/out/fund-income");

/// Runs the example from nothing; the exit code is that of the launch.
pub(crate) fn run() -> ExitCode {
    let input = Generate::default();
    if let Err(error) = generate_if_absent(&input) {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    eprintln!("fund-income launch {CHAIN}");
    let exit = dyeline::cli::run(["fund-income", "launch", CHAIN]);
    if exit != dyeline::cli::Exit::Done {
        return exit.into();
    }
    match totals(&Path::new(OUT).join(&input.date)) {
        Ok(text) => {
            println!("\nOn {}:\n{text}", input.date);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate_if_absent(input: &Generate) -> Result<(), String> {
    if input.positions_file().exists() && input.prices_file().exists() {
        return Ok(());
    }
    eprintln!("generating {} positions in {}", input.rows, input.out.display());
    input.run()
}

/// The totals as text, read from what the chain wrote.
fn totals(out: &Path) -> Result<String> {
    let users = read_output(&out.join("users"))?;
    let mut funds: Vec<(Decimal<6>, String)> = read_output(&out.join("funds"))?
        .into_iter()
        .map(|(fund, income)| Ok((income.parse()?, fund)))
        .collect::<Result<_>>()?;
    funds.sort();
    let total = read_output(&out.join("total"))?;
    let mut text = String::new();
    for (rows, income) in &total {
        text += &format!("  income in all   {income}\n");
        text +=
            &format!("  of              {rows} positions, {} users, {} funds\n", users.len(), funds.len());
    }
    for (name, fund) in [("best fund", funds.last()), ("worst fund", funds.first())] {
        if let Some((income, fund)) = fund {
            text += &format!("  {name:<15} {fund}: {income}\n");
        }
    }
    text += &format!("  written to      {}", out.display());
    Ok(text)
}

/// The two columns of an output: its manifest names the files, in their order.
fn read_output(folder: &Path) -> Result<Vec<(String, String)>> {
    let manifest = folder.join("manifest.json");
    let text = fs::read_to_string(&manifest).context(format!("read {}", manifest.display()))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    let mut rows = Vec::new();
    for file in manifest["files"].as_array().into_iter().flatten() {
        let path: PathBuf = folder.join(file["path"].as_str().unwrap_or_default());
        let text = fs::read_to_string(&path).context(format!("read {}", path.display()))?;
        let pairs = text.lines().skip(1).filter_map(|line| line.split_once(','));
        rows.extend(pairs.map(|(key, income)| (key.to_owned(), income.to_owned())));
    }
    Ok(rows)
}
