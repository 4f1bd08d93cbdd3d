//! For whom an export is, and what comes of it.

use std::net::SocketAddr;

use super::Document;
use crate::toml::Mistakes;

/// A proxy beside one process: `"a -> b"` and the own group depend on who calls, so each caller has a config of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The service that calls through it.
    pub service: Option<String>,
    /// The group of its process.
    pub group: Option<String>,
    /// Where the process calls it.
    pub listen: SocketAddr,
    /// Where calls come in from outside, if they do.
    pub edge: Option<SocketAddr>,
    /// Where it is asked about itself; nowhere if `None`.
    pub admin: Option<SocketAddr>,
}

/// A config, and what it does not say.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The config.
    pub document: Document,
    /// What the rules say and the target cannot do, or does in another way. All of them are warnings.
    pub gaps: Mistakes,
}
