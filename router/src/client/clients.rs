//! The clients of one process.

use std::sync::OnceLock;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use super::{Connections, bound::Bound};
use crate::{
    dye::{Lane, Origin},
    fetch::LaneMiddleware,
    process::Process,
    propagate::Hosts,
};

/// A client for HTTP, used like reqwest's own: `http.get("http://ledger/accounts/7").send().await`.
pub type Http = ClientWithMiddleware;

/// Makes clients of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients {
    process: Process,
    connections: Connections,
    lane: Option<Lane>,
}

impl Clients {
    /// The clients of a process; their calls take the lane of the task they are made in.
    pub fn new(process: Process, connections: Connections) -> Self {
        Self { process, connections, lane: None }
    }

    /// Clients of work that belongs to no process, such as a check before anything runs: calls go to the addresses they
    /// name, and carry nothing.
    pub fn outside() -> &'static Self {
        static OUTSIDE: OnceLock<Clients> = OnceLock::new();
        OUTSIDE.get_or_init(|| {
            let process = Process::new(Origin::outside()).with_hosts(Hosts::none());
            Self::new(process, Connections::new())
        })
    }

    /// The same, whose calls take this lane wherever they are made: also in a task that was spawned without it.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self { lane: Some(lane), ..self.clone() }
    }

    /// Whose clients they are.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A client for HTTP. Making one is cheap; connections are shared.
    pub fn http(&self) -> Http {
        let builder = ClientBuilder::new(self.connections.http.clone());
        let builder = match &self.lane {
            Some(lane) => builder.with(Bound(lane.clone())),
            None => builder,
        };
        builder.with(LaneMiddleware::new(self.process.clone())).build()
    }

    /// A client of one service, for generated gRPC clients: `RiskClient::new(clients.grpc("risk"))`. An address with a
    /// scheme, `http://127.0.0.1:9000`, is called as it is.
    #[cfg(feature = "grpc")]
    pub fn grpc(&self, service: &str) -> super::Grpc {
        super::Grpc::new(service, self.process.clone(), self.connections.grpc.clone(), self.lane.clone())
    }
}
