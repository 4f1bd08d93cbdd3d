//! Two cores: one for users, one for the batch.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failure::{Failure, ResultExt as _};

/// The cores that processes are pinned to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores {
    /// That of the users and of all services in group `online`.
    pub online: usize,
    /// That of the chain, of all services in lanes, and of the process that runs it all.
    pub batch: usize,
}

impl Cores {
    /// The first two that this process may use.
    pub fn of_process() -> Result<Self, Failure> {
        let set = sched_getaffinity(None).why("ask which cores there are")?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|&core| set.is_set(core));
        match (usable.next(), usable.next()) {
            (Some(online), Some(batch)) => Ok(Self { online, batch }),
            _ => Err(Failure::new("there is one core only: what happens on one cannot spare the other")),
        }
    }
}

/// Pins this thread, and the processes that it starts from now on.
pub(super) fn pin(core: usize) -> Result<(), Failure> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).why(format!("pin a process to core {core}"))
}
