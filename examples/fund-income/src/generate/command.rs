//! The command `fund-income generate`: writes the holdings and the fund prices that the chains read.
//!
//! A file appears whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use clap::Args;

use super::{positions::Holdings, prices};

/// Rows made at once by one thread, about 2 MB of text.
const BLOCK_ROWS: u64 = 1 << 16;

/// Finished blocks that may wait for the writer, per thread.
const BLOCKS_WAITING: usize = 2;

/// More rows than this do not fit the sums of the example's programs with room to spare.
const MAX_ROWS: u64 = 1_000_000_000;

/// Where the example keeps what it generates: beside its chains, so that they find it from any folder.
const DEFAULT_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/generated");

const DEFAULT_ROWS: u64 = 10_000_000;
const DEFAULT_SEED: u64 = 1;
const DEFAULT_DATE: &str = "2018-12-31";

/// What to generate.
#[derive(Args, Clone, Debug)]
pub(crate) struct Generate {
    /// Number of positions
    #[arg(long, default_value_t = DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..=MAX_ROWS))]
    pub(crate) rows: u64,
    /// Seed: the same rows and seed give the same file
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub(crate) seed: u64,
    /// Scatter the rows and give users random 64-bit ids, instead of sorting by user
    #[arg(long)]
    pub(crate) unsorted: bool,
    /// Trading day of the fund prices, 2017-01-04 to 2018-12-31
    #[arg(long, default_value = DEFAULT_DATE)]
    pub(crate) date: String,
    /// Folder to write `positions.csv` and `nav/<date>.csv` into
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    pub(crate) out: PathBuf,
}

impl Default for Generate {
    fn default() -> Self {
        Self {
            rows: DEFAULT_ROWS,
            seed: DEFAULT_SEED,
            unsorted: false,
            date: DEFAULT_DATE.to_owned(),
            out: DEFAULT_FOLDER.into(),
        }
    }
}

impl Generate {
    /// The holdings this writes.
    pub(crate) fn positions_file(&self) -> PathBuf {
        self.out.join("positions.csv")
    }

    /// The prices this writes.
    pub(crate) fn prices_file(&self) -> PathBuf {
        self.out.join("nav").join(format!("{}.csv", self.date))
    }

    /// Writes both files; an error says which, and why.
    pub(crate) fn run(&self) -> Result<(), String> {
        let prices = prices::price_file(&self.date)?;
        write_whole(&self.prices_file(), |file| file.write_all(prices.as_bytes()))?;
        let holdings = Holdings::new(self.rows, self.seed, self.unsorted);
        write_whole(&self.positions_file(), |file| write_holdings(holdings, file))
    }
}

/// Writes a file under another name first and renames it when its content is on disk.
fn write_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), String> {
    let partial = path.with_extension("partial");
    let steps = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&partial)?;
        write(&mut file)?;
        file.sync_data()?;
        fs::rename(&partial, path)
    };
    steps().map_err(|error| {
        // The first error is the one to tell; a leftover is overwritten by the next run.
        let _ = fs::remove_file(&partial);
        format!("cannot write {}: {error}", path.display())
    })
}

/// Writes the header and all rows: thread `t` of `n` makes the blocks `t`, `t + n`, …, and the writer takes them in turn.
fn write_holdings(holdings: Holdings, file: &mut File) -> io::Result<()> {
    file.write_all(b"user_id,fund_id,shares,cost\n")?;
    let threads = thread::available_parallelism()?.get() as u64;
    let blocks = holdings.rows().div_ceil(BLOCK_ROWS);
    thread::scope(|scope| {
        let makers: Vec<Receiver<Vec<u8>>> = (0..threads)
            .map(|thread| {
                let (done, blocks_done) = sync_channel(BLOCKS_WAITING);
                scope.spawn(move || {
                    for block in (thread..blocks).step_by(threads as usize) {
                        let mut text = Vec::with_capacity(BLOCK_ROWS as usize * 40);
                        holdings.append(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS, &mut text);
                        if done.send(text).is_err() {
                            // The writer met an error and tells it.
                            return;
                        }
                    }
                });
                blocks_done
            })
            .collect();
        for maker in makers.iter().cycle().take(blocks as usize) {
            let text = maker.recv().map_err(|_| io::Error::other("a generating thread ended early"))?;
            file.write_all(&text)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generate(rows: u64, unsorted: bool, out: &Path) -> Generate {
        Generate { rows, seed: 5, unsorted, date: "2018-12-31".to_owned(), out: out.to_owned() }
    }

    #[test]
    fn the_same_seed_gives_the_same_files_whatever_was_there() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(two.path().join("positions.partial"), "left by a killed run").unwrap();
        for unsorted in [false, true] {
            let (one, two) =
                (generate(200_000, unsorted, one.path()), generate(200_000, unsorted, two.path()));
            one.run().unwrap();
            two.run().unwrap();
            let text = fs::read(one.positions_file()).unwrap();
            assert_eq!(text, fs::read(two.positions_file()).unwrap());
            assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 200_001);
            assert!(!one.positions_file().with_extension("partial").exists());
        }
    }

    #[test]
    fn a_day_without_prices_writes_nothing() {
        let out = tempfile::tempdir().unwrap();
        let wrong = Generate { date: "2018-12-30".to_owned(), ..generate(10, false, out.path()) };
        assert!(wrong.run().unwrap_err().contains("2018-12-28 and 2018-12-31"));
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_unwritable_folder_is_named() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("taken");
        fs::write(&file, "").unwrap();
        let error = generate(10, false, &file).run().unwrap_err();
        assert!(error.contains("taken"), "{error}");
    }
}
