//! Connections to endpoints, kept for the next request. Each thread has its own, so nothing here is locked.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    task::{Context, Waker},
    time::Duration,
};

use tokio::{net::TcpStream, sync::Notify};

use super::{
    clock::{Clock, ticks_in},
    h1::Upstream,
    h2::Sender,
    meters::Meters,
    settings::{Limits, PoolLimits, Settings, Timeouts},
    wire::Wire,
};
use crate::rules::Address;

/// All endpoints a thread has connections to.
#[derive(Debug)]
pub(crate) struct Pools {
    homes: RefCell<HashMap<Address, Rc<Home>>>,
    clock: Rc<Clock>,
    settings: Settings,
}

/// The connections to one endpoint.
#[derive(Debug)]
pub(crate) struct Home {
    address: Address,
    idle: RefCell<Vec<Idle>>,
    open: Cell<usize>,
    /// Told when a connection or a place for one has become free.
    freed: Notify,
    /// The connection all HTTP/2 requests share.
    pub(crate) http2: tokio::sync::Mutex<Option<Sender>>,
    pub(crate) clock: Rc<Clock>,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: Limits,
    pool: PoolLimits,
}

#[derive(Debug)]
struct Idle {
    upstream: Box<Upstream>,
    since: u64,
}

/// A place among an endpoint's connections.
#[derive(Debug)]
pub(crate) struct Place(Rc<Home>);

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// The endpoint did not take one.
    Refused(io::Error),
    /// It did not answer in time.
    Silent,
    /// As many as may be are in use, and none became free in time.
    Busy,
}

/// How often connections that are idle for too long are looked for.
const EVERY: Duration = Duration::from_secs(1);

impl Pools {
    pub(crate) fn new(clock: &Rc<Clock>, settings: &Settings) -> Self {
        Self { homes: RefCell::default(), clock: Rc::clone(clock), settings: settings.clone() }
    }

    /// The connections to an endpoint.
    pub(crate) fn home(&self, address: &Address) -> Rc<Home> {
        if let Some(home) = self.homes.borrow().get(address) {
            return Rc::clone(home);
        }
        let home = Rc::new(Home {
            address: address.clone(),
            idle: RefCell::default(),
            open: Cell::new(0),
            freed: Notify::new(),
            http2: tokio::sync::Mutex::new(None),
            clock: Rc::clone(&self.clock),
            timeouts: self.settings.timeouts.clone(),
            limits: self.settings.limits.clone(),
            pool: self.settings.pool.clone(),
        });
        self.homes.borrow_mut().insert(address.clone(), Rc::clone(&home));
        home
    }

    /// Connections in use and idle.
    fn counts(&self) -> (usize, usize) {
        let homes = self.homes.borrow();
        let open: usize = homes.values().map(|home| home.open.get()).sum();
        let idle: usize = homes.values().map(|home| home.idle.borrow().len()).sum();
        (open.saturating_sub(idle), idle)
    }

    /// Closes all connections that are not in use.
    pub(crate) fn close(&self) {
        for home in self.homes.borrow().values() {
            let idle = std::mem::take(&mut *home.idle.borrow_mut());
            drop(idle);
        }
    }

    /// Closes connections that have been idle for too long, and forgets endpoints without any. Runs for ever.
    pub(crate) async fn sweep(self: Rc<Self>, meters: Arc<Meters>) {
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            let now = self.clock.now();
            let (busy, idle) = self.counts();
            meters.busy.store(busy as u64, Ordering::Relaxed);
            meters.idle.store(idle as u64, Ordering::Relaxed);
            self.homes.borrow_mut().retain(|_, home| {
                let stale: Vec<Idle> =
                    home.idle.borrow_mut().extract_if(.., |idle| idle.is_stale(now)).collect();
                // Dropped here: a place that becomes free looks at its home.
                drop(stale);
                home.open.get() > 0 || Rc::strong_count(home) > 1 || home.has_http2()
            });
        }
    }
}

impl Idle {
    /// Whether it has been idle for too long, or its endpoint has closed it.
    fn is_stale(&self, now: u64) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        now.saturating_sub(self.since) >= ticks_in(self.upstream.idle_for)
            || self.upstream.wire.poll_readable(&mut cx).is_ready()
    }
}

impl Home {
    /// A connection: one that is idle, or a new one.
    pub(crate) async fn connection(self: &Rc<Self>) -> Result<Box<Upstream>, NoConnection> {
        if let Some(upstream) = self.take_idle() {
            return Ok(upstream);
        }
        let deadline = self.clock.deadline();
        deadline.set(self.timeouts.connect);
        let place = loop {
            let freed = self.freed.notified();
            if let Some(upstream) = self.take_idle() {
                return Ok(upstream);
            }
            if let Some(place) = self.place() {
                break place;
            }
            deadline.guard(freed).await.map_err(|_| NoConnection::Busy)?;
        };
        let io = deadline.guard(self.connect()).await.map_err(|_| NoConnection::Silent)?;
        deadline.clear();
        Ok(Box::new(Upstream {
            wire: Wire::new(io.map_err(NoConnection::Refused)?),
            deadline,
            idle_for: self.pool.idle_for,
            reused: false,
            _place: place,
        }))
    }

    /// A new socket.
    pub(crate) async fn connect(&self) -> io::Result<TcpStream> {
        let host = self.address.host().trim_start_matches('[').trim_end_matches(']');
        let io = TcpStream::connect((host, self.address.port())).await?;
        io.set_nodelay(true)?;
        Ok(io)
    }

    /// The one used last, as its endpoint has been quiet for the shortest time.
    fn take_idle(&self) -> Option<Box<Upstream>> {
        let now = self.clock.now();
        loop {
            let idle = self.idle.borrow_mut().pop()?;
            if !idle.is_stale(now) {
                return Some(idle.upstream);
            }
        }
    }

    fn place(self: &Rc<Self>) -> Option<Place> {
        if self.open.get() >= self.pool.connections {
            return None;
        }
        self.open.set(self.open.get() + 1);
        Some(Place(Rc::clone(self)))
    }

    /// Keeps a connection for the next request.
    pub(crate) fn give_back(&self, mut upstream: Box<Upstream>) {
        if self.idle.borrow().len() >= self.pool.idle {
            return;
        }
        upstream.reused = true;
        upstream.deadline.cap(None);
        upstream.deadline.clear();
        self.idle.borrow_mut().push(Idle { upstream, since: self.clock.now() });
        self.freed.notify_one();
    }

    fn has_http2(&self) -> bool {
        self.http2.try_lock().map_or(true, |sender| sender.as_ref().is_some_and(|s| !s.is_closed()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get().saturating_sub(1));
        self.0.freed.notify_one();
    }
}
