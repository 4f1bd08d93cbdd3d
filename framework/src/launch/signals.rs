//! Ctrl-C and SIGTERM: the first drains, the second stops at once. Both leave a job that can be resumed.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals as Incoming,
};

use crate::host::Watch;

/// The exit code of a process that was interrupted and left a resumable job.
pub const EXIT_INTERRUPTED: i32 = 3;

/// Counts the signals that ask this process to end.
#[derive(Clone, Debug, Default)]
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Begins to listen; a signal wakes those who wait on `watch`.
    pub fn listen(watch: Watch) -> io::Result<Self> {
        let signals = Self::default();
        let mut incoming = Incoming::new([SIGINT, SIGTERM])?;
        let count = Arc::clone(&signals.0);
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for _ in incoming.forever() {
                if count.fetch_add(1, Ordering::AcqRel) > 0 {
                    // The log holds all that was acknowledged; what was not runs again.
                    std::process::exit(EXIT_INTERRUPTED);
                }
                watch.poke();
            }
        })?;
        Ok(signals)
    }

    /// Whether to end.
    pub fn received(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}
