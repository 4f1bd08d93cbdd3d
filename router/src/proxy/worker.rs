//! One thread's share of the proxy: from a request to its response.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request};
use tokio::sync::Notify;

use super::{
    body::Body,
    budget::Budget,
    clock::Clock,
    forward::{self, Asked, Client},
    h1::ClientConnection,
    meters::{AllMeters, Meters},
    pool::Pools,
    refusal::{Refusal, code},
    route::{self, Said},
    settings::Settings,
    tries::Hop,
};
use crate::{
    decide::Leak,
    dye::Origin,
    reload::{Live, LiveCounts},
    report::{self, Seen},
    table::Table,
};

/// What the connections of a thread share.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) settings: Settings,
    pub(crate) clock: Rc<Clock>,
    pub(crate) pools: Rc<Pools>,
    pub(crate) meters: Arc<Meters>,
    /// The process this proxy speaks for, as `x-dye-from` has it.
    pub(crate) origin: Option<HeaderValue>,
    live: Arc<Live>,
    pub(super) budget: Budget,
    draining: Cell<bool>,
    open: Cell<usize>,
    /// Told when a connection of a client has ended.
    ended: Notify,
}

/// Counts an open connection of a client.
#[derive(Debug)]
pub(crate) struct Open(Rc<Worker>);

impl Worker {
    pub(crate) fn new(settings: Settings, live: Arc<Live>, meters: &AllMeters) -> Rc<Self> {
        let clock = Clock::new();
        let caller = settings.caller.service.as_deref().zip(settings.caller.group.as_deref());
        let origin = caller.and_then(|(service, group)| Origin::new(service, group));
        Rc::new(Self {
            pools: Rc::new(Pools::new(&clock, &settings)),
            clock,
            meters: meters.thread(),
            origin: origin.and_then(|origin| HeaderValue::from_str(origin.as_str()).ok()),
            live,
            budget: Budget::new(&settings.retries),
            draining: Cell::new(false),
            open: Cell::new(0),
            ended: Notify::new(),
            settings,
        })
    }

    /// The table in use.
    pub(crate) fn table(&self) -> Arc<Table> {
        self.live.table()
    }

    /// How often the table was swapped.
    pub(crate) fn live_counts(&self) -> LiveCounts {
        self.live.counts()
    }

    /// Whether no further request is taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Takes no further requests: idle connections end now, others with the answer they are waiting for.
    pub(crate) fn drain(&self) {
        self.draining.set(true);
        self.clock.wake_all();
    }

    /// Counts a connection for as long as the result is kept.
    pub(crate) fn opened(self: &Rc<Self>) -> Open {
        self.open.set(self.open.get() + 1);
        self.meters.clients.store(self.open.get() as u64, Ordering::Relaxed);
        Open(Rc::clone(self))
    }

    /// Waits until one more connection may be open.
    pub(crate) async fn room(&self) {
        while self.open.get() >= self.settings.limits.connections {
            self.ended.notified().await;
        }
    }

    /// Waits until no connection is open.
    pub(crate) async fn all_ended(&self) {
        while self.open.get() > 0 {
            self.ended.notified().await;
        }
    }

    /// The response to a request: an endpoint's, or our own.
    pub(crate) async fn answer(
        self: &Rc<Self>,
        request: Request<Body>,
        asked: Asked,
        client: &Client,
        http1: Option<&Rc<ClientConnection>>,
    ) -> Response<Body> {
        let began = Instant::now();
        let (mut parts, body) = request.into_parts();
        let grpc = is_grpc(&parts.headers);
        let response = match self.forward(&mut parts, body, asked, client, http1).await {
            Ok(response) => response,
            Err(refusal) => {
                self.refused(&refusal);
                refusal.response(grpc)
            }
        };
        self.meters.responded(response.status(), began.elapsed());
        response
    }

    async fn forward(
        self: &Rc<Self>,
        parts: &mut request::Parts,
        body: Body,
        asked: Asked,
        client: &Client,
        http1: Option<&Rc<ClientConnection>>,
    ) -> Result<Response<Body>, Refusal> {
        check_expect(&parts.headers)?;
        // One table for the request and its retries, whatever is swapped meanwhile.
        let table = self.live.table();
        let said = Said::of(&mut parts.headers, client, self);
        let decision = {
            let service = route::service(client, parts)?;
            said.check(&table, client, &service)?;
            let decided = table.decide(&said.ask(self, client, &service));
            decided.map_err(|error| {
                self.count(&said, (&service, ""), &[Seen::Failed]);
                route::no_route(&error)
            })?
        };
        forward::stamp(&mut parts.headers, client);
        self.budget.request();
        let ask = said.ask(self, client, decision.service());
        let hop = Hop { said: &said, decision, ask };
        let response = self.tries(&hop, parts, body, &asked, http1).await;
        let seen: &[Seen] = match (&response, decision.leak()) {
            (Err(_), _) => &[Seen::Sent, Seen::Failed],
            (Ok(_), _) if decision.fell_back() => &[Seen::Sent, Seen::Fallback],
            (Ok(_), Some(Leak::LeftLane)) => &[Seen::Sent, Seen::Fallback],
            (Ok(_), Some(Leak::Undyed)) => &[Seen::Sent, Seen::Undyed],
            (Ok(_), None) => &[Seen::Sent],
        };
        self.count(&said, (decision.service(), decision.group()), seen);
        response
    }

    fn count(&self, said: &Said, (to, to_group): (&str, &str), seen: &[Seen]) {
        let (from, from_group) = said.caller(self);
        let hop = report::Hop {
            iteration: said.iteration().unwrap_or_default(),
            from: from.unwrap_or_default(),
            from_group: from_group.unwrap_or_default(),
            to,
            to_group,
        };
        self.meters.calls.count(hop, seen);
    }

    /// Takes note of a refusal.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.meters.refused(refusal.code);
        tracing::debug!(code = refusal.code, status = refusal.status.as_u16(), "{}", refusal.text());
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.meters.clients.store(self.0.open.get() as u64, Ordering::Relaxed);
        self.0.ended.notify_waiters();
        self.0.ended.notify_one();
    }
}

fn is_grpc(fields: &HeaderMap) -> bool {
    fields.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// `100-continue` is the only expectation there is, RFC 9110 §10.1.1.
fn check_expect(fields: &HeaderMap) -> Result<(), Refusal> {
    match fields.get(header::EXPECT).map(HeaderValue::as_bytes) {
        Some(other) if !other.eq_ignore_ascii_case(b"100-continue") => {
            let text = "the request expects something other than 100-continue; ask the service without it";
            Err(Refusal::new(StatusCode::EXPECTATION_FAILED, code::UNSUPPORTED, text))
        }
        _ => Ok(()),
    }
}
