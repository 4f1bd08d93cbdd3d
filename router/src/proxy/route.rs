//! Where a request goes: what its fields and its connection say, put to the table.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request};

use super::{
    forward::Client,
    refusal::{Refusal, code},
    worker::Worker,
};
use crate::{
    decide::{Ask, Belongs, Decision, NoRoute, chance, code as route_code},
    dye::{Dye, Lane, Origin, Roll},
    propagate::{self, Event, Marks, header},
    rules::Address,
    table::Table,
};

/// Asked for in a request, and answered in its response, where the settings allow it.
pub(super) const ROUTE: HeaderName = HeaderName::from_static("x-dyeline-route");

/// What a request says of itself, taken out of its fields.
#[derive(Debug, Default)]
pub(super) struct Said {
    marks: Marks,
    /// Whether the caller wants to know the route.
    pub(super) explain: bool,
}

impl Said {
    /// Reads a request's fields, after the edge has taken off what must not come in.
    pub(super) fn of(fields: &mut HeaderMap, client: &Client, worker: &Worker) -> Self {
        if let Some(edge) = client.edge() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            edge.admit(fields, now, &worker.meters.dyes);
        }
        let explain = fields.remove(ROUTE).is_some() && worker.settings.explain;
        Self { marks: propagate::read(fields, &worker.meters.dyes), explain }
    }

    /// The dye without its job.
    pub(super) fn iteration(&self) -> Option<&str> {
        self.marks.dye.as_ref().map(Dye::iteration)
    }

    /// The caller: the process this proxy speaks for, else whom the request names.
    pub(super) fn caller<'a>(&'a self, worker: &'a Worker) -> (Option<&'a str>, Option<&'a str>) {
        let caller = &worker.settings.caller;
        if caller.service.is_some() || caller.group.is_some() {
            return (caller.service.as_deref(), caller.group.as_deref());
        }
        let origin = self.marks.origin.as_ref();
        (origin.map(Origin::service), origin.map(Origin::group))
    }

    /// The question that is put to the table.
    pub(super) fn ask<'a>(&'a self, worker: &'a Worker, client: &'a Client, to: &'a str) -> Ask<'a> {
        let chance = chance();
        if let Some(group) = client.serves() {
            // In front of one group everything goes to that group.
            return Ask { group: Some(group), to, chance, ..Ask::default() };
        }
        let (from, group) = self.caller(worker);
        Ask {
            iteration: self.iteration(),
            job: self.marks.dye.as_ref().and_then(Dye::job),
            roll: self.marks.roll.map(|roll| roll.0),
            from,
            group,
            to,
            chance,
        }
    }

    /// Refuses what does not belong to the group that this listener stands before.
    pub(super) fn check(&self, table: &Table, client: &Client, service: &str) -> Result<(), Refusal> {
        let Some(group) = client.serves() else { return Ok(()) };
        let who = match table.belongs(self.iteration(), service, group) {
            Belongs::Yes => return Ok(()),
            // A lost tag stays in its lane.
            Belongs::Undyed if self.marks.origin.as_ref().is_some_and(|o| o.group() == group) => {
                return Ok(());
            }
            Belongs::Undyed => "the request has no dye of a known chain".to_owned(),
            Belongs::Foreign => {
                format!("no rule of {} leads here", self.iteration().unwrap_or_default())
            }
        };
        let text = format!(
            "{service} in group {group} takes what belongs to its lanes only, and {who}; call {service} through the \
             proxy or a dyed client, or write the hop in {}",
            table.file()
        );
        Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, code::FOREIGN, text))
    }

    /// Stamps the fields for the next hop: the dye in both its forms, the roll that decided, the caller. Where the
    /// dye must not go, everything of ours is taken off.
    pub(super) fn stamp(
        &self,
        fields: &mut HeaderMap,
        decision: &Decision<'_>,
        to: &Address,
        worker: &Worker,
    ) {
        let stats = &worker.meters.dyes;
        if !worker.settings.only_to.allows(to.host(), Some(to.port())) {
            if propagate::strip(fields) {
                stats.add(Event::Withheld);
            }
            return;
        }
        if self.marks.dye.is_some() && !self.is_stamped(fields) {
            let lane = Lane::undyed()
                .with_dye(self.marks.dye.clone())
                .with_roll(self.marks.roll)
                .with_origin(self.marks.origin.clone());
            propagate::inject(&lane, fields, stats);
        }
        if let Some(roll) = decision.roll().filter(|_| self.marks.dye.is_some()).map(Roll)
            && self.marks.roll != Some(roll)
        {
            propagate::stamp_roll(roll, fields);
        }
        match &worker.origin {
            Some(origin) => {
                fields.insert(&header::FROM, origin.clone());
            }
            // One that cannot be read means nothing to whoever comes next.
            None if self.marks.origin.is_none() => {
                fields.remove(&header::FROM);
            }
            None => {}
        }
    }

    /// Whether the fields say already, once and in both forms, what they should.
    fn is_stamped(&self, fields: &HeaderMap) -> bool {
        let Some(dye) = &self.marks.dye else { return false };
        let mut dyes = fields.get_all(&header::DYE).iter();
        let mut baggage = fields.get_all(&header::BAGGAGE).iter();
        let alone = |value: Option<&HeaderValue>, text: &[u8]| value.is_some_and(|v| v.as_bytes() == text);
        let mirrored = |line: &HeaderValue| {
            // Ours is put first, so that it is what a full line keeps.
            let ours = line.as_bytes().strip_prefix(b"dye=")?.strip_prefix(dye.as_str().as_bytes())?;
            (ours.is_empty() || ours.starts_with(b",")).then(|| memchr::memmem::find(ours, b"dye=").is_none())
        };
        alone(dyes.next(), dye.as_str().as_bytes())
            && dyes.next().is_none()
            && baggage.next().and_then(mirrored) == Some(true)
            && baggage.next().is_none()
            && fields.get_all(&header::ROLL).iter().count() == usize::from(self.marks.roll.is_some())
    }
}

/// Why the table has no answer, as a client is told.
pub(super) fn no_route(error: &NoRoute) -> Refusal {
    let status = match error.code() {
        route_code::UNKNOWN_SERVICE => StatusCode::MISDIRECTED_REQUEST,
        _ => StatusCode::BAD_GATEWAY,
    };
    Refusal::new(status, error.code(), error.to_string())
}

/// The service a request is for.
pub(super) fn service<'a>(
    client: &'a Client,
    parts: &'a request::Parts,
) -> Result<std::borrow::Cow<'a, str>, Refusal> {
    client.service(parts).ok_or_else(|| {
        let text = "the request names no service; write its name as the host, as in http://ledger/";
        Refusal::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, text)
    })
}

/// The route and its reasons, on one line.
pub(super) fn explained(table: &Table, ask: &Ask<'_>, address: &Address) -> Option<HeaderValue> {
    let text = format!("{address}; {}", table.explain(ask));
    let line: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let ascii: String =
        line.join("; ").chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
    HeaderValue::from_str(&ascii).ok()
}
