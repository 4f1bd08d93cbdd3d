//! What a proxy is told when it starts; all limits stand here, each with its reason.

use std::{net::SocketAddr, time::Duration};

use crate::propagate::{Edge, Hosts};

/// How `dyeline route serve` runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where requests come in.
    pub listeners: Vec<Listener>,
    /// Where `/metrics`, `/healthz`, `/ready` and `/routes` are served; nowhere if `None`.
    pub admin: Option<SocketAddr>,
    /// Who calls through this proxy.
    pub caller: Caller,
    /// The hosts a dye may be sent to: `only_to` of the rules.
    pub only_to: Hosts,
    /// Threads, each with its own runtime, listening sockets and pools; 0 is one per core.
    pub threads: usize,
    /// Whether responses name the route that was taken in `x-dyeline-route`. For debugging: it tells callers about
    /// groups and endpoints.
    pub explain: bool,
    /// What a request may be.
    pub limits: Limits,
    /// How long a step may take.
    pub timeouts: Timeouts,
    /// When a request is sent again.
    pub retries: Retries,
    /// Connections to endpoints.
    pub pool: PoolLimits,
}

impl Settings {
    /// Settings for one address, everything else by default.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listeners: vec![Listener::new(listen)],
            admin: None,
            caller: Caller::default(),
            only_to: Hosts::any(),
            threads: 0,
            explain: false,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            pool: PoolLimits::default(),
        }
    }
}

/// One address requests come in at.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// What happens to dyes that come in here; `None` is a listener inside, where callers are our own.
    pub edge: Option<Edge>,
    /// The service every request here is for, whatever its `Host` says.
    pub service: Option<String>,
    /// The group of `service` this listener stands before: everything goes there, and what does not belong there is
    /// refused.
    pub group: Option<String>,
}

impl Listener {
    /// A listener for callers of our own, with the service in each request's `Host`.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, edge: None, service: None, group: None }
    }
}

/// The process this proxy speaks for.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Its service; hops written as `"a -> b"` apply to `a`.
    pub service: Option<String>,
    /// Its group: where calls without a dye go.
    pub group: Option<String>,
}

/// What a request may be. Whatever is beyond is refused before it costs memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request line. 8 KiB is what nginx and Apache take.
    pub request_line: usize,
    /// Bytes of a whole head, request line and fields.
    pub head: usize,
    /// Fields in a head.
    pub fields: usize,
    /// Bytes of extensions over all chunks of one body: they are dropped, so nobody needs more.
    pub chunk_extensions: usize,
    /// Bytes of a body's trailer section.
    pub trailers: usize,
    /// Open connections of clients in each thread; the next one waits in the kernel.
    pub connections: usize,
    /// Concurrent streams of one HTTP/2 connection.
    pub streams: u32,
    /// Streams a client may have reset before they were answered; more of them and the connection is closed
    /// (CVE-2023-44487).
    pub pending_resets: usize,
}

/// The most fields a head may have whatever `Limits::fields` says: their places are kept on the stack.
pub(crate) const MOST_FIELDS: usize = 128;

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_line: 8 << 10,
            head: 32 << 10,
            fields: 100,
            chunk_extensions: 4 << 10,
            trailers: 8 << 10,
            connections: 16_384,
            streams: 256,
            pending_resets: 20,
        }
    }
}

/// How long a step may take, to the tenth of a second.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// A connection to an endpoint.
    pub connect: Duration,
    /// A request's head, from its first byte; one sent byte by byte is not waited for.
    pub request_head: Duration,
    /// An endpoint's response head, from the end of the request.
    pub response_head: Duration,
    /// A whole exchange, bodies included; off by default, as streams may be endless.
    pub request: Option<Duration>,
    /// Between two pieces of a body, in either direction.
    pub idle_body: Duration,
    /// Between two bytes of an upgraded connection, such as a WebSocket.
    pub idle_tunnel: Duration,
    /// Between two requests of a client's connection.
    pub keep_alive: Duration,
    /// How long running requests are waited for once the proxy is told to end.
    pub drain: Duration,
    /// Bytes per second a request body must come in with, on average, after the first ten seconds.
    pub body_rate: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            request_head: Duration::from_secs(10),
            response_head: Duration::from_secs(60),
            request: None,
            idle_body: Duration::from_secs(60),
            idle_tunnel: Duration::from_secs(3600),
            keep_alive: Duration::from_secs(75),
            drain: Duration::from_secs(30),
            body_rate: 64,
        }
    }
}

/// When a request is sent again: only when nothing of it was sent, or when its method is idempotent (RFC 9110
/// §9.2.2) and it has no body; and only while the budget lasts.
#[derive(Clone, Debug)]
pub struct Retries {
    /// Tries of one request, the first included.
    pub attempts: u32,
    /// Retries as a share of requests: each request pays in this much, each retry takes out 1.
    pub share: f64,
    /// The most the budget holds, and what it starts with: a quiet proxy may retry this often in a row.
    pub reserve: f64,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 3, share: 0.2, reserve: 10.0 }
    }
}

/// Connections to endpoints, in each thread.
#[derive(Clone, Debug)]
pub struct PoolLimits {
    /// Idle connections kept for one endpoint.
    pub idle: usize,
    /// How long an idle connection is kept; an endpoint that announces less (`Keep-Alive: timeout=…`) gets less.
    pub idle_for: Duration,
    /// Connections to one endpoint, idle ones included; a request beyond waits for one, as long as a connection
    /// attempt may take.
    pub connections: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { idle: 128, idle_for: Duration::from_secs(60), connections: 1024 }
    }
}
