//! A launch: from a chain file to a job that runs, and from a job that was interrupted to its end.
//!
//! ```text
//!   prepare ──▶ which job is it? ──▶ submit, or go on ──▶ wait, show, obey signals ──▶ outcome
//! ```

mod allowed;
mod discard;
mod error;
mod fingerprint;
mod folders;
mod identity;
mod prepare;
mod run;
mod signals;

pub(crate) use allowed::check as check_allowed;
pub(crate) use discard::parts_of as discard_parts_of;
pub use error::LaunchError;
pub use fingerprint::{Fingerprint, Fingerprints};
pub use identity::{Choice, Decision};
pub(crate) use prepare::in_lane;
pub use prepare::{LaunchRequest, Prepared, prepare};
pub use run::{Again, Ended, How, Observer, launch, run_existing};
pub use signals::Signals;
