//! What a component knows: who it is, when to stop, and how to reach other services.

use std::{fmt, sync::Arc};

use dyeline_processors::lanes::{Clients, Http};
use dyeline_router::{process::Process, reload::Live};

use super::stop::Stop;

/// The surroundings of a component in a process. Cheap to clone; keep one in the state of your handlers.
#[derive(Clone)]
pub struct Scope(Arc<Parts>);

struct Parts {
    clients: Clients,
    live: Option<Arc<Live>>,
    stop: Stop,
}

impl Scope {
    pub(super) fn new(clients: Clients, live: Option<Arc<Live>>, stop: Stop) -> Self {
        Self(Arc::new(Parts { clients, live, stop }))
    }

    /// The service, as the rules call it.
    pub fn service(&self) -> &str {
        self.process().origin().service()
    }

    /// The group that this process was started in.
    pub fn group(&self) -> &str {
        self.process().origin().group()
    }

    /// The rules, if the process was given any; they change while it runs.
    pub fn rules(&self) -> Option<&Arc<Live>> {
        self.0.live.as_ref()
    }

    /// Who this process is, and what it has counted.
    pub fn process(&self) -> &Process {
        self.0.clients.process()
    }

    /// A client for other services, by their names: `http://ledger/accounts/7`. A call takes the lane of the task it is
    /// made in, and goes where the rules send it.
    pub fn http(&self) -> Http {
        self.0.clients.http()
    }

    /// The same for a generated gRPC client of a service: `RiskClient::new(scope.grpc("risk"))`.
    #[cfg(feature = "grpc")]
    pub fn grpc(&self, service: &str) -> dyeline_processors::lanes::Grpc {
        self.0.clients.grpc(service)
    }

    /// Whether the process comes to its end.
    pub fn stopped(&self) -> bool {
        self.0.stop.is_set()
    }

    /// Waits until the process comes to its end. What a consumer has begun, it then finishes.
    pub async fn stopping(&self) {
        self.0.stop.wait().await;
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("process", self.process()).finish_non_exhaustive()
    }
}
