//! Putting a client together, so that the lane's middleware is always the innermost.

use reqwest::redirect::Policy;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware};

use super::middleware::LaneMiddleware;
use crate::process::Process;

/// A client whose calls are routed and stamped.
pub struct Builder {
    inner: ClientBuilder,
    lane: LaneMiddleware,
}

impl Builder {
    /// A client with these settings, its policy of redirects excepted: up to 10 are followed.
    ///
    /// # Errors
    ///
    /// The settings make no client.
    pub fn new(settings: reqwest::ClientBuilder, process: Process) -> reqwest::Result<Self> {
        let client = settings.redirect(Policy::none()).build()?;
        Ok(Self { inner: ClientBuilder::new(client), lane: LaneMiddleware::new(process) })
    }

    /// Puts a middleware around the calls, such as one that tries again: each try is decided anew.
    #[must_use]
    pub fn with(mut self, middleware: impl Middleware) -> Self {
        self.inner = self.inner.with(middleware);
        self
    }

    /// The client.
    pub fn build(self) -> ClientWithMiddleware {
        self.inner.with(self.lane).build()
    }
}
