//! Commits numbered batches to an embedded log for as long as it lives, and says which are durable; made to be killed.
//!
//! `log-writer FOLDER SEED` prints `start N` with the number of batches it found, after it has checked each, and
//! `durable N` for each that it adds.

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use dyeline::log::{Batch, EmbeddedLog, EmbeddedOptions, Entry, PartitionLog, Position};
use dyeline_processors::disk::os_disk;
use dyeline_tests::{disk::Random, log_numbered::numbered};

/// Small segments, so that a short life rolls over, trims and reuses.
const OPTIONS: EmbeddedOptions = EmbeddedOptions {
    segment_bytes: 32 << 10,
    first_segment_bytes: 8 << 10,
    spare_segments: 2,
    prepare: true,
};

/// How long a commit may take before the writer gives up.
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder: PathBuf = arguments.next().ok_or("no folder is given")?.into();
    let seed = arguments.next().ok_or("no seed is given")?.parse()?;
    let mut log = EmbeddedLog::new(os_disk(), folder, OPTIONS);
    log.acquire()?;
    let mut found = 0;
    log.restore(&mut |entry| {
        match entry {
            Entry::Snapshot(at, state) if state == numbered(at.0) => found = at.0,
            Entry::Batch(at, bytes) if at.0 == found && bytes == numbered(at.0) => found += 1,
            other => return Err(format!("after {found} batches came {other:?}").into()),
        }
        Ok(())
    })?;
    println!("start {found}");
    live(&mut log, found, &mut Random::new(seed))
}

/// Commits until killed.
fn live(log: &mut EmbeddedLog, mut next: u64, random: &mut Random) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let snapshots = log.snapshots();
    loop {
        for number in next..next + 1 + random.below(8) {
            log.submit(Batch { bytes: numbered(number) });
        }
        while log.in_flight().batches > 0 {
            let completed = log.completed(LIMIT).ok_or("a commit takes too long")?;
            match completed.result {
                Ok(position) if position.0 == next => writeln!(out, "durable {next}")?,
                other => return Err(format!("batch {next}: {other:?}").into()),
            }
            out.flush()?;
            next += 1;
        }
        if random.chance(5) {
            snapshots.install(Position(next), &numbered(next))?;
            snapshots.trim(Position(next))?;
        }
    }
}
