//! Runs the futures of asynchronous processors on the thread of their attempt.

use std::{io, pin::Pin};

use dyeline_processors::contract::context::BlockOn;
use tokio::runtime::{Builder, Handle, Runtime};

/// One runtime with timers and sockets for all attempts of a process; each attempt drives its own future on its own
/// thread.
pub(crate) struct Futures(Runtime);

impl Futures {
    /// Starts it, with one thread for timers and sockets.
    pub fn start() -> io::Result<Self> {
        Builder::new_multi_thread().worker_threads(1).thread_name("futures").enable_all().build().map(Self)
    }
}

impl BlockOn for Futures {
    fn block_on(&self, future: Pin<&mut (dyn Future<Output = ()> + '_)>) {
        // Tokio panics where a runtime is entered twice.
        if Handle::try_current().is_err() {
            self.0.block_on(future);
        }
    }
}
