//! Clients of reqwest whose calls are routed and stamped, each redirect and each retry anew.
//!
//! reqwest follows redirects inside, with all headers, past every middleware: a dye would go wherever an answer says.
//! [`Builder`] therefore turns that off, and the middleware follows them, deciding each hop like a first call.
//!
//! ```no_run
//! # use dyeline_router::{dye::Origin, fetch, process::Process};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let process = Process::new(Origin::new("facade", "batch").ok_or("no such names")?);
//! let client = fetch::Builder::new(reqwest::Client::builder(), process)?.build();
//! let call = client.get("http://ledger/accounts/7").send();
//! # Ok(()) }
//! ```

mod builder;
mod error;
mod follow;
mod middleware;

pub use builder::Builder;
pub use error::FetchError;
#[cfg(feature = "http")]
pub(crate) use middleware::LaneMiddleware;
