//! The middleware: one call, and whatever redirects make of it.

use http::{Extensions, Uri};
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Error, Middleware, Next, Result};

use super::{
    FetchError,
    follow::{Again, MAX_REDIRECTS},
};
use crate::process::{Ended, Process, Sent};

/// Routes and stamps each call and each redirect.
#[derive(Debug)]
pub(crate) struct LaneMiddleware {
    process: Process,
}

impl LaneMiddleware {
    pub(crate) fn new(process: Process) -> Self {
        Self { process }
    }

    /// Decides where a request goes, and stamps it.
    fn prepare(&self, request: &mut Request) -> std::result::Result<Sent, FetchError> {
        let bad = |url: &Url| FetchError::BadAddress { url: shown(url) };
        let mut uri: Uri = request.url().as_str().parse().map_err(|_| bad(request.url()))?;
        let before = uri.clone();
        let sent = self
            .process
            .send(&mut uri, request.headers_mut())
            .map_err(|source| FetchError::Unrouted { url: shown(request.url()), source })?;
        if uri != before {
            *request.url_mut() = uri.to_string().parse().map_err(|_| bad(request.url()))?;
        }
        Ok(sent)
    }
}

#[async_trait::async_trait]
impl Middleware for LaneMiddleware {
    async fn handle(&self, first: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let url = first.url().clone();
        let mut request = first;
        for _ in 0..=MAX_REDIRECTS {
            let again = Again::of(&request);
            let sent = self.prepare(&mut request).map_err(Error::middleware)?;
            let answer = next.clone().run(request, extensions).await;
            sent.ended(answer.as_ref().map_or(Ended::Broken, |r| Ended::Answered(r.status())));
            let answer = answer?;
            match again.after(&answer) {
                Some(redirected) => request = redirected,
                None => return Ok(answer),
            }
        }
        Err(Error::middleware(FetchError::TooManyRedirects { url: shown(&url) }))
    }
}

/// An address without what may be secret in it.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // Fails for addresses that cannot have them.
    let _ = (shown.set_username(""), shown.set_password(None));
    shown.to_string()
}
