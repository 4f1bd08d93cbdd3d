//! Threads, listening sockets, signals: from settings to a proxy that runs, and to its end.

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
    rc::Rc,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::LocalSet,
};

use super::{accept, admin, meters::AllMeters, settings::Settings, worker::Worker};
use crate::reload::{Live, Seen, Watch};

/// Why a proxy does not run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ServeError {
    /// An address that cannot be listened on.
    #[error("failed to listen on {address}")]
    #[diagnostic(
        code(dyeline::proxy::listen),
        help("see what uses the address (`ss -ltnp`), or listen on another one")
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        error: io::Error,
    },
    /// The system does not give a thread, a runtime or a signal.
    #[error("failed to start the proxy")]
    #[diagnostic(code(dyeline::proxy::start), help("see the limits on threads and open files (`ulimit -a`)"))]
    Start(#[source] io::Error),
}

/// Connections the kernel keeps until they are accepted.
const BACKLOG: i32 = 4096;

/// A proxy that runs.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens, and starts the threads.
    ///
    /// # Errors
    /// When an address is taken, or the system has no thread left.
    pub fn start(settings: Settings, live: Arc<Live>) -> Result<Self, ServeError> {
        let threads = match settings.threads {
            0 => thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let mut settings = settings;
        let mut sockets = listen_all(&mut settings, threads)?;
        let admin = settings.admin.map(bound).transpose()?;
        let addresses = settings.listeners.iter().map(|listener| listener.address).collect();
        let (stop, stopped) = watch::channel(false);
        let meters = AllMeters::default();
        let admin_address = admin.as_ref().and_then(|socket| socket.local_addr().ok());
        sockets[0].admin = admin;
        let mut server = Self { addresses, admin: admin_address, stop, threads: Vec::new() };
        for (number, sockets) in sockets.into_iter().enumerate() {
            let (settings, live, stopped) = (settings.clone(), Arc::clone(&live), stopped.clone());
            let meters = meters.clone();
            let started = thread::Builder::new()
                .name(format!("proxy-{number}"))
                .spawn(move || run(settings, live, &meters, sockets, stopped));
            server.threads.push(started.map_err(ServeError::Start)?);
        }
        Ok(server)
    }

    /// The addresses listened on, in the order of the settings.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The address for operators.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Takes no further connections and requests; running ones end, or are cut when the time for that is over.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits for the end. Blocks the thread.
    pub fn join(mut self) {
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

/// How often the rules file is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or SIGINT, and then until running requests have ended. The rules file is read again when it
/// changes, and on SIGHUP. `started` is told once it listens.
///
/// # Errors
/// When an address is taken, or the system has no thread left.
pub async fn serve(
    settings: Settings,
    live: Arc<Live>,
    started: impl FnOnce(&Server),
) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Start)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Start)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(ServeError::Start)?;
    let watch = Watch::start(Arc::clone(&live), LOOK, told).map_err(ServeError::Start)?;
    let server = Server::start(settings, live)?;
    started(&server);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => watch.trigger().reload(),
        }
    }
    server.stop();
    let ended = tokio::task::spawn_blocking(move || server.join());
    // It ends by itself once the time to drain is over.
    let _ = ended.await;
    Ok(())
}

fn told(seen: Seen) {
    match seen {
        Seen::Swapped(swap) => tracing::info!(version = swap.version, "new rules are in use"),
        Seen::Refused(mistakes) => {
            for mistake in mistakes.iter() {
                tracing::error!(code = mistake.code(), "the rules stay as they were: {}", mistake.message());
            }
        }
    }
}

/// What one thread listens on.
#[derive(Debug, Default)]
struct Sockets {
    services: Vec<StdListener>,
    admin: Option<StdListener>,
}

/// The sockets of all threads. Where a free port was asked for, the settings have it afterwards.
fn listen_all(settings: &mut Settings, threads: usize) -> Result<Vec<Sockets>, ServeError> {
    let mut all: Vec<Sockets> = (0..threads).map(|_| Sockets::default()).collect();
    for listener in &mut settings.listeners {
        for sockets in &mut all {
            let socket = bound(listener.address)?;
            let refused = |error| ServeError::Listen { address: listener.address, error };
            // The first thread may have been given a free port; the others share it.
            listener.address = socket.local_addr().map_err(refused)?;
            sockets.services.push(socket);
        }
    }
    Ok(all)
}

fn bound(address: SocketAddr) -> Result<StdListener, ServeError> {
    listen(address).map_err(|error| ServeError::Listen { address, error })
}

/// A listening socket that other threads may have their own of.
fn listen(address: SocketAddr) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A thread's life.
fn run(
    settings: Settings,
    live: Arc<Live>,
    meters: &AllMeters,
    sockets: Sockets,
    mut stopped: watch::Receiver<bool>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime for a thread of the proxy");
            return;
        }
    };
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let worker = Worker::new(settings, live, meters);
        tokio::task::spawn_local(Rc::clone(&worker.clock).run());
        tokio::task::spawn_local(Rc::clone(&worker.pools).sweep(Arc::clone(&worker.meters)));
        if let Err(error) = begin(&worker, meters, sockets, &stopped) {
            tracing::error!(%error, "a socket that cannot be waited on");
        }
        let _ = stopped.wait_for(|stopped| *stopped).await;
        worker.drain();
        let deadline = worker.clock.deadline();
        deadline.set(worker.settings.timeouts.drain);
        if deadline.guard(worker.all_ended()).await.is_err() {
            tracing::warn!("requests were still running when the time to end them was over");
        }
        worker.pools.close();
    });
}

/// Begins to take connections.
fn begin(
    worker: &Rc<Worker>,
    meters: &AllMeters,
    sockets: Sockets,
    stopped: &watch::Receiver<bool>,
) -> io::Result<()> {
    for (socket, listener) in sockets.services.into_iter().zip(worker.settings.listeners.clone()) {
        let socket = TcpListener::from_std(socket)?;
        tokio::task::spawn_local(accept::run(socket, listener, Rc::clone(worker), stopped.clone()));
    }
    if let Some(socket) = sockets.admin {
        let socket = TcpListener::from_std(socket)?;
        tokio::task::spawn_local(admin::run(socket, Rc::clone(worker), meters.clone()));
    }
    Ok(())
}
