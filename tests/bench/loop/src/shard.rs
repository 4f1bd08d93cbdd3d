//! One shard: its rows read, income summed per user, its part written, synced and renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

use memchr::{memchr, memrchr};

use crate::{
    checkpoint::{Done, part},
    rows::{self, PADDING},
};

/// Bytes read at once: small enough to stay in the cache of one core between the read and the parse.
const READ: usize = 256 << 10;

/// The longest line that is looked for at a cut.
const LONGEST_LINE: usize = 4 << 10;

/// What a fund's share earned, by fund id, in 1/10,000; `None` where there is no such fund.
pub(crate) type Earned = Vec<Option<i64>>;

/// The places where shards begin, and the end of the file: near equal sizes, moved on to the next user's first row.
pub(crate) fn cuts(file: &File, shards: u64) -> io::Result<Vec<u64>> {
    let size = file.metadata()?.len();
    let mut head = [0; LONGEST_LINE];
    let read = file.read_at(&mut head, 0)?;
    let first = memchr(b'\n', &head[..read]).map_or(size, |newline| newline as u64 + 1);
    let mut cuts = vec![first];
    for shard in 1..shards {
        let nominal = (first + (size - first) * shard / shards).max(cuts[cuts.len() - 1]);
        cuts.push(next_user(file, nominal, size)?);
    }
    cuts.push(size);
    Ok(cuts)
}

/// The first row at or after `from` whose user is not that of the row before it.
fn next_user(file: &File, from: u64, size: u64) -> io::Result<u64> {
    // The line that holds the byte before `from` tells the user to leave behind.
    let start = from.saturating_sub(LONGEST_LINE as u64);
    let mut text = vec![0; 2 * LONGEST_LINE];
    let (mut at, mut previous) = (start, None);
    loop {
        let read = file.read_at(&mut text, at)?;
        let mut line = 0;
        if previous.is_none() && at == start && start > 0 {
            line = memchr(b'\n', &text[..read]).map_or(read, |newline| newline + 1);
        }
        while let Some(length) = memchr(b'\n', &text[line..read]) {
            let user = text[line..line + length].split(|&byte| byte == b',').next().unwrap_or_default();
            let place = at + line as u64;
            if place >= from && previous.as_deref().is_some_and(|previous| previous != user) {
                return Ok(place);
            }
            previous = Some(user.to_vec());
            line += length + 1;
        }
        if line == 0 || at + read as u64 >= size {
            return Ok(size);
        }
        at += line as u64;
    }
}

/// Runs one shard, bytes `from..to` of the file.
pub(crate) fn run(
    file: &File,
    from: u64,
    to: u64,
    earned: &Earned,
    out: &Path,
    shard: u64,
    buffers: &mut Buffers,
) -> io::Result<Done> {
    let mut sums = Sums { text: &mut buffers.text, user: None, income: 0, done: Done::default() };
    sums.text.clear();
    sums.text.extend_from_slice(b"user_id,income\n");
    let (mut at, mut kept) = (from, 0);
    while at < to {
        let want = (READ - kept).min((to - at) as usize);
        let read = file.read_at(&mut buffers.rows[kept..kept + want], at)?;
        let held = kept + read;
        let whole = match memrchr(b'\n', &buffers.rows[..held]) {
            Some(newline) => newline + 1,
            None => return Err(malformed(at - kept as u64)),
        };
        buffers.rows[held..held + PADDING].fill(0);
        sums.add(&buffers.rows[..held + PADDING], whole, earned)
            .map_err(|place| malformed(at - kept as u64 + place as u64))?;
        buffers.rows.copy_within(whole..held, 0);
        kept = held - whole;
        at += read as u64;
    }
    if kept > 0 {
        return Err(malformed(to - kept as u64));
    }
    sums.close();
    let done = Done { bytes: sums.text.len() as u64, ..sums.done };
    let path = part(out, shard);
    let partial = path.with_extension("partial");
    let mut part = File::create(&partial)?;
    part.write_all(sums.text)?;
    part.sync_data()?;
    fs::rename(&partial, &path)?;
    Ok(done)
}

fn malformed(place: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("byte {place}: not a row, or a fund without a price"))
}

/// Reused by all shards of a thread.
pub(crate) struct Buffers {
    rows: Vec<u8>,
    text: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self { rows: vec![0; READ + PADDING], text: Vec::new() }
    }
}

/// The running sum of one user, and the text of those before.
struct Sums<'a> {
    text: &'a mut Vec<u8>,
    user: Option<u64>,
    income: i128,
    done: Done,
}

impl Sums<'_> {
    /// Adds the rows in `text[..end]`; the error is the place of one that cannot be read.
    fn add(&mut self, text: &[u8], end: usize, earned: &Earned) -> Result<(), usize> {
        let mut at = 0;
        while at < end {
            let (row, next) = rows::row(text, at).ok_or(at)?;
            let earned = earned.get(row.fund_id as usize).copied().flatten().ok_or(at)?;
            if self.user != Some(row.user_id) {
                self.close();
                self.user = Some(row.user_id);
            }
            self.income += i128::from(row.shares) * i128::from(earned);
            self.done.rows += 1;
            at = next;
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(user) = self.user.take() else { return };
        push_number(self.text, user, 1);
        self.text.push(b',');
        if self.income < 0 {
            self.text.push(b'-');
        }
        let income = self.income.unsigned_abs();
        // A user's income fits 64 bits in any file that fits a disk; what does not is cut off nowhere else.
        let income = u64::try_from(income).unwrap_or(u64::MAX);
        push_number(self.text, income / 1_000_000, 1);
        self.text.push(b'.');
        push_number(self.text, income % 1_000_000, 6);
        self.text.push(b'\n');
        self.done.users += 1;
        self.done.income += self.income;
        self.income = 0;
    }
}

/// Appends a number with at least `width` digits.
fn push_number(text: &mut Vec<u8>, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    while number > 0 || digits.len() - at < width {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    text.extend_from_slice(&digits[at..]);
}
