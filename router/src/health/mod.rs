//! Endpoints: which are healthy, and which one a call goes to. Calls tell; nothing is probed.
//!
//! A [`Cluster`] is the replicas of one group of one service. [`Endpoints`] keeps what is known of each replica while
//! tables come and go.

mod clock;
mod cluster;
mod endpoint;
mod pick;
mod registry;
mod window;

pub use clock::{Clock, ManualClock, Monotonic};
pub use cluster::Cluster;
pub use endpoint::Endpoint;
pub use pick::{Outcome, Pick};
pub use registry::Endpoints;
