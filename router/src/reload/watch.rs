//! Following a rules file: a thread that looks at it twice a second.
//!
//! Looking costs one `stat`, a microsecond. It sees what notifications miss: links that are swapped somewhere above the
//! file, network file systems, mounts.

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{Live, Swap, fingerprint::Settling};
use crate::toml::Mistakes;

/// How often a file is looked at, unless someone says otherwise.
pub const POLL_EVERY: Duration = Duration::from_millis(500);

/// What a watch saw.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The file changed, and is in use.
    Swapped(Swap),
    /// The file changed, and is refused: the table before it stays in use.
    Refused(Mistakes),
}

enum Order {
    Reload,
    End,
}

/// Follows the file of a [`Live`] until it is dropped.
#[derive(Debug)]
pub struct Watch {
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

/// Has a [`Watch`] reload at once, whether the file looks changed or not: what `SIGHUP` does.
#[derive(Clone, Debug)]
pub struct Trigger(mpsc::Sender<Order>);

impl Trigger {
    /// Has it reload. Nothing happens when the watch has ended.
    pub fn reload(&self) {
        let _ = self.0.send(Order::Reload);
    }
}

impl Watch {
    /// Looks at the file this often; `told` hears of every swap and every refusal, in the thread of the watch.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        live: Arc<Live>,
        every: Duration,
        told: impl Fn(Seen) + Send + 'static,
    ) -> std::io::Result<Self> {
        // Orders come from signals and people: a handful at most waits.
        let (orders, inbox) = mpsc::channel();
        let run = move || {
            let mut settling = Settling::default();
            loop {
                let reload = match inbox.recv_timeout(every) {
                    Ok(Order::Reload) => true,
                    Err(RecvTimeoutError::Timeout) => live.has_changed(|now, read| settling.look(now, read)),
                    Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => return,
                };
                if reload {
                    told(live.reload().map_or_else(Seen::Refused, Seen::Swapped));
                }
                live.sweep();
            }
        };
        let thread = std::thread::Builder::new().name("rules-watch".into()).spawn(run)?;
        Ok(Self { orders, thread: Some(thread) })
    }

    /// What has it reload at once.
    pub fn trigger(&self) -> Trigger {
        Trigger(self.orders.clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            // Its panic, if it had one, was shown already.
            let _ = thread.join();
        }
    }
}
