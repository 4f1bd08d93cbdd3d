//! The bare loop that bench B1 compares with: income per user from sorted positions, on two threads, written by hand.
//!
//! It does what a chain does for its user and nothing else: 64 shards cut at user boundaries, each part synced and
//! renamed, one synced checkpoint a shard, and a second run skips what is done.

mod checkpoint;
mod rows;
mod shard;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use checkpoint::{Checkpoints, Done};
use shard::{Buffers, Earned};

/// Fund ids index a table, which must stay small.
const MAX_FUND: usize = 1 << 20;

const THREADS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (positions, nav, out, shards) = match arguments.as_slice() {
        [positions, nav, out] => (positions, nav, out, Some(64)),
        [positions, nav, out, shards] => (positions, nav, out, shards.parse().ok()),
        _ => (&String::new(), &String::new(), &String::new(), None),
    };
    let Some(shards @ 1..=100_000) = shards else {
        eprintln!("usage: bench-loop POSITIONS NAV OUT [SHARDS]");
        return ExitCode::from(2);
    };
    let started = Instant::now();
    match run(Path::new(positions), Path::new(nav), &PathBuf::from(out), shards) {
        Ok((done, skipped)) => {
            let Done { rows, users, income, bytes } = done;
            let seconds = started.elapsed().as_secs_f64();
            println!(
                r#"{{"rows":{rows},"users":{users},"income_e6":"{income}","bytes":{bytes},"shards":{shards},"skipped":{skipped},"seconds":{seconds:.4}}}"#
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the shards that are not done; the sum over all of them, and how many were done before.
fn run(positions: &Path, nav: &Path, out: &Path, shards: u64) -> io::Result<(Done, usize)> {
    fs::create_dir_all(out)?;
    let file = File::open(positions)?;
    let earned = earned(&fs::read_to_string(nav)?)?;
    let (checkpoints, done) = Checkpoints::open(out, &file, shards)?;
    let cuts = shard::cuts(&file, shards)?;
    let skipped = done.len();
    let next = AtomicU64::new(0);
    let checkpoints = Mutex::new(checkpoints);
    let results = thread::scope(|scope| {
        let work = || -> io::Result<Vec<Done>> {
            let mut buffers = Buffers::new();
            let mut results = Vec::new();
            loop {
                let shard = next.fetch_add(1, Ordering::Relaxed);
                if shard >= shards {
                    return Ok(results);
                }
                if done.contains_key(&shard) {
                    continue;
                }
                let (from, to) = (cuts[shard as usize], cuts[shard as usize + 1]);
                let result = shard::run(&file, from, to, &earned, out, shard, &mut buffers)?;
                checkpoints.lock().unwrap_or_else(PoisonError::into_inner).record(shard, result)?;
                results.push(result);
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread ended early"))))
            .collect::<io::Result<Vec<_>>>()
    })?;
    let all = results.iter().flatten().chain(done.values());
    let sum = all.fold(Done::default(), |sum, one| Done {
        rows: sum.rows + one.rows,
        users: sum.users + one.users,
        income: sum.income + one.income,
        bytes: sum.bytes + one.bytes,
    });
    Ok((sum, skipped))
}

/// Reads `fund_id,price,previous` into what a share of each fund earned.
fn earned(text: &str) -> io::Result<Earned> {
    let mut earned = Earned::new();
    for line in text.lines().skip(1) {
        let (fund, change) = change(line)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("not a price: {line:?}")))?;
        if earned.len() <= fund {
            earned.resize(fund + 1, None);
        }
        earned[fund] = Some(change);
    }
    Ok(earned)
}

fn change(line: &str) -> Option<(usize, i64)> {
    let mut fields = line.split(',');
    let fund = fields.next()?.parse().ok().filter(|&fund| fund < MAX_FUND)?;
    let (price, previous) = (fields.next()?, fields.next()?);
    Some((fund, ten_thousandths(price)? - ten_thousandths(previous)?))
}

fn ten_thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.')?;
    if part.len() != 4 {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 10_000 + part.parse::<i64>().ok()?)
}
