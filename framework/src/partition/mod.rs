//! A partition and its one owner thread: commands in, durable batches, outputs out.
//!
//! ```text
//!   inbox ──commands──▶ engine ──batch──▶ log
//!                          │ outputs        │ durable
//!                          ▼                ▼
//!                         gate ◀────────────┘ ──▶ hand-off, replies, watchers
//! ```

mod clock;
mod error;
mod full;
mod handoff;
mod inbox;
mod owner;
mod snapshots;

pub use clock::Clock;
pub use error::PartitionError;
pub use handoff::{HandOff, JobEvents};
pub use inbox::{Gone, Inbox, RequestError};
pub use owner::{Owner, OwnerSettings, Started};
pub use snapshots::SNAPSHOT_EVERY;
