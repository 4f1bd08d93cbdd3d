//! Why a call was not made, or not made to its end.

use miette::Diagnostic;
use thiserror::Error;

use crate::process::Unrouted;

/// Why a call was not made, or not made to its end: found in a [`reqwest_middleware::Error::Middleware`].
#[derive(Debug, Error, Diagnostic)]
pub enum FetchError {
    /// The rules leave it no way to go.
    #[error("the call to {url} cannot be routed")]
    #[diagnostic(code(dyeline::fetch::unrouted), help("the error below names the rule to write"))]
    Unrouted {
        /// What was called.
        url: String,
        /// Why.
        source: Unrouted,
    },
    /// Answers lead on and on.
    #[error("{url} was redirected {} times", super::follow::MAX_REDIRECTS)]
    #[diagnostic(
        code(dyeline::fetch::too_many_redirects),
        help("two places probably send the call to each other: ask one of them with `curl -v`")
    )]
    TooManyRedirects {
        /// What was called first.
        url: String,
    },
    /// An address that reqwest takes and HTTP does not.
    #[error("{url} is no address of HTTP")]
    #[diagnostic(
        code(dyeline::fetch::bad_address),
        help("write `http://service/path`, what is not ASCII percent-encoded")
    )]
    BadAddress {
        /// The address.
        url: String,
    },
}
