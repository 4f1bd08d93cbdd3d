//! The content of one file: what every reader sees, and what would survive.

use super::random::Random;

/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// A change that is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Length(u64),
}

/// A file, whatever its names are.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    /// What readers see.
    pub(super) seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

impl Inode {
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        put(&mut self.seen, bytes, offset);
        self.pending.push(Change::Write { offset, bytes: bytes.to_vec() });
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.seen.resize(len as usize, 0);
        self.pending.push(Change::Length(len));
    }

    /// Makes everything durable that a sync still knows of.
    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            apply(&mut self.durable, &change);
        }
    }

    /// The bytes that a sync has to write.
    pub(super) fn dirty(&self) -> u64 {
        let bytes = |change: &Change| match change {
            Change::Write { bytes, .. } => bytes.len() as u64,
            Change::Length(_) => 0,
        };
        self.pending.iter().map(bytes).sum()
    }

    /// A sync that failed: the pages are clean now, and what they hold is lost with them.
    pub(super) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    /// What is left after a loss of power.
    pub(super) fn crash(&mut self, random: &mut Random) {
        let keep = random.below(4);
        for change in std::mem::take(&mut self.pending) {
            match keep {
                0 => {}
                1 => apply(&mut self.durable, &change),
                _ => tear(&mut self.durable, &change, random),
            }
        }
        self.seen.clone_from(&self.durable);
    }
}

fn put(content: &mut Vec<u8>, bytes: &[u8], offset: u64) {
    let end = offset as usize + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset as usize..end].copy_from_slice(bytes);
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => put(content, bytes, *offset),
        Change::Length(len) => content.resize(*len as usize, 0),
    }
}

/// Applies some of the sectors that a change touches.
fn tear(content: &mut Vec<u8>, change: &Change, random: &mut Random) {
    let Change::Write { offset, bytes } = change else {
        if random.chance(50) {
            apply(content, change);
        }
        return;
    };
    let mut at = 0;
    while at < bytes.len() {
        let place = offset + at as u64;
        let len = ((SECTOR - place % SECTOR) as usize).min(bytes.len() - at);
        if random.chance(50) {
            put(content, &bytes[at..at + len], place);
        }
        at += len;
    }
}
