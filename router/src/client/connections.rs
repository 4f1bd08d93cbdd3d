//! What clients share: their connections.

use std::{fmt, time::Duration};

/// How long a connection may take to be made: beyond it, the other side is down as far as a caller is concerned.
pub(super) const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// How long an answer may say nothing before it counts as broken. Who waits for longer work says so for that request.
const SILENCE: Duration = Duration::from_secs(60);

/// The open connections of a process. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    pub(super) http: reqwest::Client,
    #[cfg(feature = "grpc")]
    pub(super) grpc: super::grpc::Pool,
}

impl Connections {
    /// No connections yet.
    pub fn new() -> Self {
        // The lane's middleware follows redirects, so that none takes a dye where it must not go.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WAIT)
            .read_timeout(SILENCE)
            .build();
        // Only a TLS library that does not start makes none, and then there is no other client either.
        let http = http.unwrap_or_default();
        Self {
            http,
            #[cfg(feature = "grpc")]
            grpc: super::grpc::pool(),
        }
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}
