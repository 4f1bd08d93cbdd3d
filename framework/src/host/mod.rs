//! One process that owns a data directory: its partition, its pools, its jobs.
//!
//! ```text
//!   data directory:  log/  the embedded log      spool/<job>/  what crosses cuts      control.sock  for other terminals
//! ```

mod error;
mod events;
mod local;
mod open;
mod pools;
mod program;
mod prune;

pub use error::HostError;
pub use events::Watch;
pub use open::{DataDir, Host, HostOptions};
pub use pools::Pools;
