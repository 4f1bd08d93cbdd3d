//! Calls that a process makes.

use http::{HeaderMap, StatusCode, Uri, uri::PathAndQuery};

use super::{Process, Routed, Ticket, Unrouted};
use crate::{
    decide::Belongs,
    dye::{Dye, Lane},
    propagate::{Event, extract, inject, stamp_roll, strip},
    report::{Hop, Seen},
    scope::current,
};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An answer came, with this status.
    Answered(StatusCode),
    /// No answer came.
    Broken,
}

/// A call that is on its way. It counts as in flight until this is dropped.
#[derive(Debug)]
pub struct Sent {
    process: Process,
    lane: Lane,
    /// The service and its group, if the rules know the service.
    to: Option<(Box<str>, Box<str>)>,
    ticket: Option<Box<dyn Ticket>>,
}

impl Sent {
    /// The group that was decided, if the rules know the service.
    pub fn group(&self) -> Option<&str> {
        self.to.as_ref().map(|(_, group)| &**group)
    }

    /// Says how it ended, for the health of the endpoint: an answer that says that the caller was wrong is healthy,
    /// one that says that the service was is not.
    pub fn ended(self, ended: Ended) {
        let healthy = matches!(ended, Ended::Answered(status) if !status.is_server_error());
        if let Some(ticket) = self.ticket {
            ticket.end(healthy);
        }
        if let (Some((service, group)), Ended::Broken) = (&self.to, ended) {
            self.process.count(&self.lane, service, group, &[Seen::Failed]);
        }
    }
}

impl Process {
    /// Prepares a call: decides where it goes if its host is the name of a service of the rules, rewrites the URI to
    /// the endpoint, and stamps the lane that runs right now on the headers.
    ///
    /// To be called by whoever makes the call, before any queue or pool: behind them, another lane runs, or none.
    /// A service is called by its bare name, `http://ledger/…`; with a port, a host is that host. Outside of any lane,
    /// what the headers say themselves is followed. To a host that is not listed in `only_to` nothing of ours goes.
    ///
    /// # Errors
    ///
    /// The rules leave the call no way to go. Nothing is changed then.
    pub fn send(&self, uri: &mut Uri, headers: &mut HeaderMap) -> Result<Sent, Unrouted> {
        let lane = self.lane(headers);
        let routed = self.routed(&lane, uri)?;
        let roll = routed.as_ref().and_then(|(_, routed)| routed.roll);
        let (to, ticket) = match routed {
            Some((service, routed)) => {
                let seen = [Seen::Sent].into_iter().chain(routed.leak).collect::<Vec<_>>();
                self.count(&lane, &service, &routed.group, &seen);
                redirect(uri, &routed);
                (Some((service, routed.group)), Some(routed.ticket))
            }
            None => (None, None),
        };
        if self.stamp(&lane, uri, headers)
            && let Some(roll) = roll
        {
            stamp_roll(roll, headers);
        }
        Ok(Sent { process: self.clone(), lane, to, ticket })
    }

    /// Stamps the lane that runs right now on a call to a fixed address, which no rule can change.
    pub fn send_to(&self, uri: &Uri, headers: &mut HeaderMap) {
        let lane = self.lane(headers);
        self.stamp(&lane, uri, headers);
    }

    /// The lane of a call, with this process as its caller.
    fn lane(&self, headers: &HeaderMap) -> Lane {
        let lane = current();
        if lane.is_none() && self.belongs(None) != Belongs::Yes {
            self.stats().add(Event::MissingContext);
        }
        let lane = lane.unwrap_or_else(|| extract(headers, self.stats()));
        lane.with_origin(Some(self.origin().clone()))
    }

    /// Writes the lane, or takes everything of ours off where it must not go; says whether it was written.
    fn stamp(&self, lane: &Lane, uri: &Uri, headers: &mut HeaderMap) -> bool {
        let allowed = self.hosts().allows_uri(uri);
        if allowed {
            inject(lane, headers, self.stats());
        } else {
            strip(headers);
            if lane.dye().is_some() {
                self.stats().add(Event::Withheld);
            }
        }
        allowed
    }

    fn routed(&self, lane: &Lane, uri: &Uri) -> Result<Option<(Box<str>, Routed)>, Unrouted> {
        let (Some(rules), Some(host), None) = (self.rules(), uri.host(), uri.port()) else { return Ok(None) };
        let service = host.to_ascii_lowercase();
        let routed = rules.route(lane, self.origin(), &service).inspect_err(|_| {
            self.count(lane, &service, "", &[Seen::Failed]);
        })?;
        Ok(routed.map(|routed| (service.into(), routed)))
    }

    fn count(&self, lane: &Lane, service: &str, group: &str, seen: &[Seen]) {
        let hop = Hop {
            iteration: lane.dye().map_or("", Dye::iteration),
            from: self.origin().service(),
            from_group: self.origin().group(),
            to: service,
            to_group: group,
        };
        self.calls().count(hop, seen);
    }
}

/// Puts the endpoint into the place of the service's name.
fn redirect(uri: &mut Uri, routed: &Routed) {
    let mut parts = std::mem::take(uri).into_parts();
    parts.scheme = Some(routed.scheme.clone());
    parts.authority = Some(routed.authority.clone());
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    // All three parts are there, and each was checked when it was made.
    *uri = Uri::from_parts(parts).unwrap_or_default();
}
