//! What is done: one line a shard in one file, appended and synced when the shard's part is in place.
//!
//! ```text
//! input <bytes> <mtime ns> shards <n>       what the lines below belong to
//! <shard> <rows> <users> <income> <bytes> .  a done shard; a line without its dot was cut by a crash
//! ```

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::UNIX_EPOCH,
};

/// What a shard came to; income in 1/1,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) rows: u64,
    pub(crate) users: u64,
    pub(crate) income: i128,
    pub(crate) bytes: u64,
}

/// The open file.
pub(crate) struct Checkpoints {
    file: File,
}

impl Checkpoints {
    /// Opens the checkpoints of an output folder, and gives the shards whose part is there in full. Those of another
    /// input or number of shards are dropped.
    pub(crate) fn open(out: &Path, input: &File, shards: u64) -> io::Result<(Self, BTreeMap<u64, Done>)> {
        let path = out.join("checkpoints");
        let metadata = input.metadata()?;
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let head = format!("input {} {changed} shards {shards}", metadata.len());
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut lines = text.lines();
        if lines.next() != Some(&head) {
            let mut file = File::create(&path)?;
            file.write_all(format!("{head}\n").as_bytes())?;
            file.sync_data()?;
            return Ok((Self { file }, BTreeMap::new()));
        }
        let mut done = BTreeMap::new();
        for (shard, shard_done) in lines.filter_map(parse) {
            if fs::metadata(part(out, shard)).is_ok_and(|part| part.len() == shard_done.bytes) {
                done.insert(shard, shard_done);
            }
        }
        let mut file = OpenOptions::new().append(true).open(&path)?;
        if !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok((Self { file }, done))
    }

    /// Records a shard; it is durable on return.
    pub(crate) fn record(&mut self, shard: u64, done: Done) -> io::Result<()> {
        let Done { rows, users, income, bytes } = done;
        self.file.write_all(format!("{shard} {rows} {users} {income} {bytes} .\n").as_bytes())?;
        self.file.sync_data()
    }
}

/// The part file of a shard.
pub(crate) fn part(out: &Path, shard: u64) -> std::path::PathBuf {
    out.join(format!("part-{shard:05}.csv"))
}

fn parse(line: &str) -> Option<(u64, Done)> {
    let mut fields = line.strip_suffix(" .")?.split(' ');
    let shard = fields.next()?.parse().ok()?;
    let rows = fields.next()?.parse().ok()?;
    let users = fields.next()?.parse().ok()?;
    let income = fields.next()?.parse().ok()?;
    let bytes = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some((shard, Done { rows, users, income, bytes }))
}
