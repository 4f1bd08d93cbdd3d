//! What a test can make the disk do wrong.

use std::{collections::BTreeSet, io};

use dyeline_processors::disk::SyncPoint;

/// A kind of call to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// Opening or making a file.
    Open,
    /// Reading.
    Read,
    /// Writing, or changing the length.
    Write,
    /// Syncing a file or a folder at this point.
    Sync(SyncPoint),
    /// Renaming.
    Rename,
    /// Removing.
    Remove,
}

/// Fails one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which kind of call.
    pub call: Call,
    /// How many calls of the kind succeed before.
    pub after: u64,
    /// How it fails.
    pub how: Failure,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// With an input/output error (`EIO`), and nothing done.
    InputOutput,
    /// A write without space (`ENOSPC`), with all but this many bytes written.
    NoSpace {
        /// Bytes that are missing at the end.
        missing: usize,
    },
}

/// Why a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    Off,
    Planned(Failure),
}

impl From<Failed> for io::Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Off => Self::other("the power is off"),
            Failed::Planned(Failure::InputOutput) => Self::from_raw_os_error(5),
            Failed::Planned(Failure::NoSpace { .. }) => Self::from(io::ErrorKind::StorageFull),
        }
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) planned: Vec<Fault>,
    /// Syncs that do nothing and say that they did.
    pub(super) taken_out: BTreeSet<SyncPoint>,
    /// The most that all files together may hold, in bytes.
    pub(super) quota: Option<u64>,
    /// Calls that change something, until the power goes.
    pub(super) power: Option<u64>,
    pub(super) off: bool,
}

impl Faults {
    /// Counts a call, and says whether it fails.
    pub(super) fn check(&mut self, call: Call) -> Result<(), Failed> {
        if self.off {
            return Err(Failed::Off);
        }
        let mut hit = None;
        for (i, fault) in self.planned.iter_mut().enumerate().filter(|(_, f)| f.call == call) {
            if fault.after == 0 {
                hit = Some(i);
            } else {
                fault.after -= 1;
            }
        }
        if let Some(i) = hit {
            return Err(Failed::Planned(self.planned.remove(i).how));
        }
        if let (Some(left), false) = (&mut self.power, matches!(call, Call::Open | Call::Read)) {
            if *left == 0 {
                self.off = true;
                return Err(Failed::Off);
            }
            *left -= 1;
        }
        Ok(())
    }
}
