//! An application at work, until it is stopped.

use std::{net::SocketAddr, time::Duration};

use dyeline_processors::Result;
use dyeline_router::process::Process;
use serde::Serialize;
use tokio::task::{JoinError, JoinSet};

use super::{ServeError, stop::Stopper};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerAt {
    /// Its name.
    pub name: String,
    /// `http` or `grpc`.
    pub kind: String,
    /// Its address, with the port that it has.
    pub address: SocketAddr,
}

/// An application at work. Dropped, it stops at once; [`Running::stop`] lets what is under way come to its end.
#[derive(Debug)]
pub struct Running(Started);

/// What was started.
#[derive(Debug)]
pub(super) struct Started {
    pub process: Process,
    pub servers: Vec<ServerAt>,
    pub consumers: Vec<String>,
    pub admin: Option<SocketAddr>,
    pub work: JoinSet<(String, Result<()>)>,
    pub stopper: Stopper,
    pub admin_stopper: Stopper,
    pub drain: Duration,
}

/// How an application came to its end.
#[derive(Debug)]
pub struct End {
    /// Connections and consumers that did not end in time, and were cut off.
    pub cut: usize,
    /// A consumer that ended with an error while others came to their end.
    pub failure: Option<ServeError>,
}

impl Running {
    pub(super) fn new(started: Started) -> Self {
        Self(started)
    }

    /// Who it is, and what it has counted.
    pub fn process(&self) -> &Process {
        &self.0.process
    }

    /// Its servers.
    pub fn servers(&self) -> &[ServerAt] {
        &self.0.servers
    }

    /// The address of a server.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.0.servers.iter().find(|server| server.name == name).map(|server| server.address)
    }

    /// Its consumers.
    pub fn consumers(&self) -> &[String] {
        &self.0.consumers
    }

    /// Where counts and health are shown.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.0.admin
    }

    /// Waits until a consumer ends with an error, or until all have ended and there is no server to go on for: then
    /// `None`. With a server and no consumer that fails, it waits for ever.
    pub async fn failed(&mut self) -> Option<ServeError> {
        while let Some(ended) = self.0.work.join_next().await {
            if let Some(failure) = failure(ended) {
                return Some(failure);
            }
        }
        if self.0.servers.is_empty() { None } else { std::future::pending().await }
    }

    /// Takes no more connections, tells consumers, and waits until all is done, at most as long as the settings say.
    pub async fn stop(mut self) -> End {
        self.0.stopper.stop();
        let in_time = tokio::time::timeout(self.0.drain, self.0.stopper.all_ended()).await;
        let cut = if in_time.is_ok() { 0 } else { self.0.stopper.at_work() };
        let mut failed = None;
        while let Some(ended) = self.0.work.try_join_next() {
            failed = failed.or_else(|| failure(ended));
        }
        self.0.admin_stopper.stop();
        End { cut, failure: failed }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Listeners end; consumers are cut off with the set of them.
        self.stopper.stop();
        self.admin_stopper.stop();
    }
}

fn failure(ended: Result<(String, Result<()>), JoinError>) -> Option<ServeError> {
    match ended {
        Ok((_, Ok(()))) => None,
        Ok((name, Err(error))) => Some(ServeError::Consumer { name, error: error.to_string() }),
        // What it said, the hook has told.
        Err(error) if error.is_panic() => {
            Some(ServeError::Consumer { name: "one of them".to_owned(), error: "it panicked".to_owned() })
        }
        Err(_) => None,
    }
}
