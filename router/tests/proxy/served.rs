//! A proxy in this process, for the time of a test.

use std::{net::SocketAddr, sync::Arc};

use dyeline_router::{
    health::Endpoints,
    proxy::{Server, Settings},
    reload::Live,
    rules::Rules,
    toml::Source,
};

use crate::raw::Raw;

/// A proxy; it stops when it is dropped.
pub struct Served {
    server: Option<Server>,
}

impl Served {
    /// For the service `ledger` with these endpoints in its group `online`.
    pub fn ledger(endpoints: &[SocketAddr]) -> Self {
        Self::with(endpoints, |_| {})
    }

    /// The same, with other settings.
    pub fn with(endpoints: &[SocketAddr], change: impl FnOnce(&mut Settings)) -> Self {
        let all: Vec<String> = endpoints.iter().map(|address| format!("\"http://{address}\"")).collect();
        Self::rules(&format!("version = 1\n[services.ledger]\nonline = [{}]\n", all.join(", ")), change)
    }

    /// For other rules.
    pub fn rules(rules: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new("127.0.0.1:0".parse().unwrap());
        settings.threads = 1;
        change(&mut settings);
        let server = Server::start(settings, live(rules)).unwrap();
        Self { server: Some(server) }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().addresses()[0]
    }

    pub fn admin(&self) -> SocketAddr {
        self.server.as_ref().unwrap().admin().unwrap()
    }

    pub fn client(&self) -> Raw {
        Raw::to(self.address())
    }

    pub fn stop(&self) {
        self.server.as_ref().unwrap().stop();
    }

    /// Waits until all threads have ended.
    pub fn join(mut self) {
        self.server.take().unwrap().join();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.stop();
        }
    }
}

/// Rules in use.
pub fn live(rules: &str) -> Arc<Live> {
    let rules = Rules::read(&Source::new("rules.toml", rules)).expect("the rules are right");
    let (live, _) = Live::new(&rules, Endpoints::default()).expect("the rules are right");
    Arc::new(live)
}
