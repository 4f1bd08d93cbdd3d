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
    iterator::{Handle, Signals as Incoming},
};

use crate::host::Watch;

/// The exit code of a process that was interrupted and left a resumable job.
pub const EXIT_INTERRUPTED: i32 = 3;

/// Counts the signals that ask this process to end, until it is dropped.
#[derive(Debug)]
pub struct Signals {
    count: Arc<AtomicUsize>,
    listening: Handle,
}

impl Drop for Signals {
    fn drop(&mut self) {
        // A program that launches many chains keeps neither the thread nor its pipe.
        self.listening.close();
    }
}

impl Signals {
    /// Begins to listen; a signal wakes those who wait on `watch`.
    pub fn listen(watch: Watch) -> io::Result<Self> {
        let mut incoming = Incoming::new([SIGINT, SIGTERM])?;
        let signals = Self { count: Arc::default(), listening: incoming.handle() };
        let count = Arc::clone(&signals.count);
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
        self.count.load(Ordering::Acquire) > 0
    }
}
