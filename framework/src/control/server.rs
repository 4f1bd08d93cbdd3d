//! Listens on the control socket of a process that runs jobs.

use std::{
    collections::BTreeMap,
    fs, io,
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use dyeline_processors::contract::registry::Registry;

use super::{ControlError, connection, error::code, request::Response, socket};
use crate::{
    host::{Host, Watch},
    partition::Inbox,
};

/// Terminals served at once; a thread each.
const MAX_CONNECTIONS: usize = 32;

/// How long a process that ends waits for its last answers to leave.
const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// Serves the control socket until it is closed.
pub struct ControlServer {
    shared: Arc<Shared>,
    path: PathBuf,
    accepting: Option<JoinHandle<()>>,
}

/// What the threads of a server share.
pub(super) struct Shared {
    pub(super) inbox: Inbox,
    pub(super) watch: Watch,
    pub(super) registry: Arc<Registry>,
    closing: AtomicBool,
    connections: Mutex<Connections>,
    ended: Condvar,
    /// Held while live parameters are read, changed and set, so that two terminals do not undo each other's changes.
    pub(super) changing: Mutex<()>,
}

#[derive(Default)]
struct Connections {
    next: u64,
    streams: BTreeMap<u64, UnixStream>,
}

impl ControlServer {
    /// Listens in the data directory of a host.
    ///
    /// # Errors
    /// When the socket cannot be made; jobs run without one all the same.
    pub fn start(host: &Host) -> io::Result<Self> {
        let path = socket::socket_path(host.data().path())?;
        let listener = socket::listen(&path)?;
        let shared = Arc::new(Shared {
            inbox: host.inbox().clone(),
            watch: host.watch().clone(),
            registry: Arc::clone(host.registry()),
            closing: AtomicBool::new(false),
            connections: Mutex::default(),
            ended: Condvar::new(),
            changing: Mutex::new(()),
        });
        let serving = Arc::clone(&shared);
        let accepting =
            std::thread::Builder::new().name("control".into()).spawn(move || accept(&serving, &listener))?;
        Ok(Self { shared, path, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Answers what was asked, ends all connections and removes the socket. To be called while the process still owns
    /// the data directory.
    pub fn close(mut self) {
        self.stop();
        // Left behind it would be passed over: nobody listens.
        let _ = fs::remove_file(&self.path);
    }

    fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else { return };
        self.shared.closing.store(true, Ordering::Release);
        self.shared.watch.poke();
        // Wakes the thread that accepts. When that cannot be reached, it ends with the process.
        if socket::dial(&self.path).is_some() {
            let _ = accepting.join();
        }
        let mut connections = self.shared.connections();
        for stream in connections.streams.values() {
            // Ends the wait for further requests; answers can still leave. One that is closed already needs nothing.
            let _ = stream.shutdown(Shutdown::Read);
        }
        let until = Instant::now() + LAST_ANSWERS;
        while !connections.streams.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.ended.wait_timeout(connections, left);
            connections = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        for stream in connections.streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for ControlServer {
    /// Ends the threads; the socket stays, since another process may own the data directory by now.
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Whether the process is ending.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a connection; `None` when there are too many.
    fn enter(&self, stream: &UnixStream) -> Option<u64> {
        let mut connections = self.connections();
        if connections.streams.len() >= MAX_CONNECTIONS {
            return None;
        }
        let id = connections.next;
        connections.next += 1;
        connections.streams.insert(id, stream.try_clone().ok()?);
        Some(id)
    }

    fn leave(&self, id: u64) {
        self.connections().streams.remove(&id);
        self.ended.notify_all();
    }
}

fn accept(shared: &Arc<Shared>, listener: &UnixListener) {
    for stream in listener.incoming() {
        if shared.is_closing() {
            return;
        }
        // An error here is about one connection that went away, or about a lack of file descriptors that passes.
        let Ok(stream) = stream else { continue };
        let Some(id) = shared.enter(&stream) else {
            let error =
                ControlError::environment(code::BUSY, format!("{MAX_CONNECTIONS} terminals are connected"));
            connection::respond(&stream, &Response::Error(error.hint("end a `watch`, then ask again")));
            continue;
        };
        let serving = Arc::clone(shared);
        let thread = std::thread::Builder::new().name("control-client".into()).spawn(move || {
            connection::serve(&serving, &stream);
            serving.leave(id);
        });
        if thread.is_err() {
            shared.leave(id);
        }
    }
}
