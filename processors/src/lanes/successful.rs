//! Answers that are not what was asked for, as errors.

use std::{future::Future, time::Duration};

use http::header::RETRY_AFTER;
use reqwest::Response;

use super::class::of_status;
use crate::contract::{Error, Result};

/// How much of an answer's text stands in an error.
const SHOWN_BYTES: usize = 300;

/// The longest wait that is taken from an answer; a clock that is wrong would stop a job for years.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Turns an answer with a status of 4xx or 5xx into an error.
pub trait Successful: Sized {
    /// The answer, if it is a success or a redirect.
    ///
    /// # Errors
    /// It is neither: with the status, the beginning of what it says, and the class that [`lanes`](super) tells; a
    /// `Retry-After` in seconds is followed.
    fn successful(self) -> impl Future<Output = Result<Self>> + Send;
}

impl Successful for Response {
    async fn successful(mut self) -> Result<Self> {
        let status = self.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(self);
        }
        let class = of_status(status, retry_after(&self));
        let address = shown(&self);
        let text = beginning(&mut self).await;
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        Err(Error::new(class, format!("{address} answered {status}{said}")))
    }
}

/// The address without what may be secret in it.
fn shown(answer: &Response) -> String {
    let url = answer.url();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The wait that an answer asks for, in seconds. A date is for people: the clocks of two machines differ.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// The first line or so of what an answer says; what cannot be read is left out, since the status is told anyway.
async fn beginning(answer: &mut Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < SHOWN_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    let text: String = String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().take(SHOWN_BYTES).collect()
}
