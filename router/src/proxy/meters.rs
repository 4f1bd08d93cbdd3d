//! What a thread counts. Only its own thread writes, so that no two wait for one cache line; who scrapes adds up.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::refusal::code;
use crate::{
    propagate::{DyeStats, Event},
    report::{Calls, Report, Row, Totals},
};

/// Upper bounds of the latency histogram, in microseconds.
const BOUNDS_US: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    30_000_000,
];

/// The counts of one thread.
#[derive(Debug, Default)]
pub(crate) struct Meters {
    /// Calls by chain, hop and groups.
    pub(crate) calls: Calls,
    /// What was wrong with dyes.
    pub(crate) dyes: DyeStats,
    /// Responses by class of status, 1xx to 5xx.
    statuses: [AtomicU64; 5],
    refusals: [AtomicU64; code::ALL.len() + 1],
    retries: AtomicU64,
    retries_denied: AtomicU64,
    took: [AtomicU64; BOUNDS_US.len() + 1],
    took_us: AtomicU64,
    pub(crate) clients: AtomicU64,
    pub(crate) busy: AtomicU64,
    pub(crate) idle: AtomicU64,
}

/// Adds to a counter that nobody else writes.
fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed) + n, Ordering::Relaxed);
}

impl Meters {
    /// A response head is on its way to the client, so long after the request's head had come.
    pub(crate) fn responded(&self, status: http::StatusCode, took: Duration) {
        add(&self.statuses[usize::from(status.as_u16() / 100).clamp(1, 5) - 1], 1);
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        add(&self.took[BOUNDS_US.partition_point(|bound| *bound < us)], 1);
        add(&self.took_us, us);
    }

    pub(crate) fn refused(&self, code: &str) {
        let at = code::ALL.iter().position(|known| *known == code).unwrap_or(code::ALL.len());
        add(&self.refusals[at], 1);
    }

    /// A retry that the budget allowed, or did not.
    pub(crate) fn retry(&self, allowed: bool) {
        add(if allowed { &self.retries } else { &self.retries_denied }, 1);
    }
}

/// The counts of all threads of a proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllMeters(Arc<Mutex<Vec<Arc<Meters>>>>);

impl AllMeters {
    /// The counts of a thread that begins.
    pub(crate) fn thread(&self) -> Arc<Meters> {
        let meters = Arc::new(Meters::default());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&meters));
        meters
    }

    fn sum(&self, of: impl Fn(&Meters) -> u64) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|meters| of(meters)).sum()
    }

    /// Calls of all threads, by chain, hop and groups.
    pub(crate) fn calls(&self) -> Report {
        let mut sums: BTreeMap<Row, Totals> = BTreeMap::new();
        for meters in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for row in meters.calls.report().calls {
                let counts = row.counts;
                *sums.entry(Row { counts: Totals::default(), ..row }).or_default() += counts;
            }
        }
        Report::of(sums.into_iter().map(|(row, counts)| Row { counts, ..row }))
    }

    /// The text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut out = self.calls().to_string();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for &event in Event::ALL {
            let name = event.metric();
            let count = self.sum(|meters| meters.dyes.get(event));
            let _ = writeln!(out, "# HELP {name} {}\n# TYPE {name} counter\n{name} {count}", event.help());
        }
        let name = "dyeline_proxy_responses_total";
        let _ = writeln!(out, "# HELP {name} Responses, the proxy's own among them.\n# TYPE {name} counter");
        for class in 0..5 {
            let count = self.sum(|meters| load(&meters.statuses[class]));
            let _ = writeln!(out, "{name}{{class=\"{}xx\"}} {count}", class + 1);
        }
        let name = "dyeline_proxy_refusals_total";
        let _ =
            writeln!(out, "# HELP {name} Requests that the proxy answered itself.\n# TYPE {name} counter");
        for (at, code) in code::ALL.iter().chain(&["other"]).enumerate() {
            let count = self.sum(|meters| load(&meters.refusals[at]));
            let _ = writeln!(out, "{name}{{code=\"{code}\"}} {count}");
        }
        self.singles(&mut out);
        self.histogram(&mut out);
        out
    }

    fn singles(&self, out: &mut String) {
        type Single = (&'static str, &'static str, &'static str, fn(&Meters) -> &AtomicU64);
        let singles: [Single; 5] = [
            ("retries_total", "counter", "Requests sent again.", |m| &m.retries),
            ("retries_denied_total", "counter", "Retries the budget did not allow.", |m| &m.retries_denied),
            ("clients", "gauge", "Open connections of clients.", |m| &m.clients),
            ("endpoint_connections_busy", "gauge", "Connections to endpoints in use.", |m| &m.busy),
            ("endpoint_connections_idle", "gauge", "Connections kept for the next request.", |m| &m.idle),
        ];
        for (name, kind, help, counter) in singles {
            let count = self.sum(|meters| counter(meters).load(Ordering::Relaxed));
            let name = format!("dyeline_proxy_{name}");
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {count}");
        }
    }

    fn histogram(&self, out: &mut String) {
        let name = "dyeline_proxy_response_seconds";
        let _ =
            writeln!(out, "# HELP {name} From a request's head to its response's.\n# TYPE {name} histogram");
        let mut below = 0;
        for (at, bound) in
            BOUNDS_US.iter().map(|us| (*us as f64 / 1e6).to_string()).chain(["+Inf".into()]).enumerate()
        {
            below += self.sum(|meters| meters.took[at].load(Ordering::Relaxed));
            let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {below}");
        }
        let sum = self.sum(|meters| meters.took_us.load(Ordering::Relaxed)) as f64 / 1e6;
        let _ = writeln!(out, "{name}_sum {sum}\n{name}_count {below}");
    }
}
