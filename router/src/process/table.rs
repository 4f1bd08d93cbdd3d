//! A table of rules as a process asks it.

use http::uri::{Authority, Scheme};

use super::{Route, Routed, Ticket, Unrouted};
use crate::{
    decide::{Ask, Belongs, Leak, NoRoute, chance},
    dye::{Dye, Lane, Origin, Roll},
    health::{Outcome, Pick},
    reload::Live,
    report::Seen,
    table::Table,
};

impl Route for Table {
    fn route(&self, lane: &Lane, from: &Origin, service: &str) -> Result<Option<Routed>, Unrouted> {
        let ask = Ask {
            iteration: lane.dye().map(Dye::iteration),
            job: lane.dye().and_then(Dye::job),
            roll: lane.roll().map(|roll| roll.0),
            from: Some(from.service()),
            group: Some(from.group()),
            to: service,
            chance: chance(),
        };
        let decision = match self.decide(&ask) {
            Ok(decision) => decision,
            Err(NoRoute::UnknownService { .. }) => return Ok(None),
            Err(none) => return Err(none.into()),
        };
        let Some(pick) = decision.pick(&ask) else { return Ok(None) };
        let address = pick.address();
        Ok(Some(Routed {
            scheme: if address.scheme().is_tls() { Scheme::HTTPS } else { Scheme::HTTP },
            authority: address.authority().parse::<Authority>()?,
            group: decision.group().into(),
            roll: decision.roll().map(Roll),
            leak: match decision.leak() {
                _ if decision.fell_back() => Some(Seen::Fallback),
                Some(Leak::LeftLane) => Some(Seen::Fallback),
                Some(Leak::Undyed) => Some(Seen::Undyed),
                None => None,
            },
            ticket: Box::new(pick),
        }))
    }

    fn belongs(&self, iteration: Option<&str>, process: &Origin) -> Belongs {
        Table::belongs(self, iteration, process.service(), process.group())
    }
}

/// The table in use now: each call goes by one table whole, whichever comes next.
impl Route for Live {
    fn route(&self, lane: &Lane, from: &Origin, service: &str) -> Result<Option<Routed>, Unrouted> {
        self.load().route(lane, from, service)
    }

    fn belongs(&self, iteration: Option<&str>, process: &Origin) -> Belongs {
        Route::belongs(&**self.load(), iteration, process)
    }
}

impl Ticket for Pick {
    fn end(self: Box<Self>, healthy: bool) {
        self.done(if healthy { Outcome::Success } else { Outcome::Failure });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, Uri};

    use crate::{
        dye::{Lane, Origin},
        health::Endpoints,
        process::Process,
        rules::Rules,
        scope::sync_scope,
        table::Table,
        toml::Source,
    };

    const RULES: &str = r#"
        version = 1
        [services.ledger]
        online = "http://ledger:8080"
        batch = "http://ledger-batch:8080"
        [services.risk]
        online = "grpc://risk:9000"
        batch = "grpc://[::1]:9000"
        [chains.fund-income]
        workers = "batch"
        mode = "strict"
        [chains.fund-income.hops]
        ledger = "batch"
        "ledger -> risk" = "batch"
    "#;

    fn process(service: &str, group: &str) -> Process {
        let rules = Rules::read(&Source::new("rules.toml", RULES)).unwrap();
        let table = Table::new(&rules, &Endpoints::default());
        Process::new(Origin::new(service, group).unwrap()).with_rules(Arc::new(table))
    }

    fn sent(process: &Process, dye: &str, uri: &str) -> Result<String, String> {
        let mut uri: Uri = uri.parse().unwrap();
        let lane = Lane::of(dye.parse().unwrap());
        let sent = sync_scope(lane, || process.send(&mut uri, &mut HeaderMap::new()));
        sent.map(|_| uri.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn rules_decide_for_a_process() {
        let facade = process("facade", "online");
        let sent_to = |dye: &str, uri: &str| sent(&facade, dye, uri);
        assert_eq!(sent_to("fund-income:7", "http://ledger/x"), Ok("http://ledger-batch:8080/x".to_owned()));
        assert_eq!(sent_to("other:7", "http://ledger/x"), Ok("http://ledger:8080/x".to_owned()));
        assert_eq!(sent_to("fund-income:7", "http://elsewhere/"), Ok("http://elsewhere/".to_owned()));
        let why = sent_to("fund-income:7", "http://risk/").unwrap_err();
        assert!(why.contains("has no rule for the hop `facade -> risk`"), "{why}");
        let ledger = process("ledger", "batch");
        assert_eq!(sent(&ledger, "fund-income:7", "http://risk/"), Ok("http://[::1]:9000/".to_owned()));
    }

    #[test]
    fn rules_say_who_belongs() {
        let received = |process: &Process, dye: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(dye) = dye {
                headers.insert("x-dye", dye.parse().unwrap());
            }
            process.receive(&mut headers).is_ok()
        };
        let batch = process("ledger", "batch");
        assert!(received(&batch, Some("fund-income:7")));
        assert!(!received(&batch, Some("other:7")));
        assert!(!received(&batch, None));
        assert!(received(&process("ledger", "online"), None));
    }
}
