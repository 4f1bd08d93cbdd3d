//! The table in use, and its swap for a new one while calls are routed.
//!
//! [`Live`] holds it: a file that does not read, or whose tests fail, changes nothing. [`Watch`] follows the file.

mod call;
mod fingerprint;
mod live;
mod retired;
mod watch;

pub use call::Call;
pub use live::{Live, LiveCounts, Swap};
pub use watch::{POLL_EVERY, Seen, Trigger, Watch};
