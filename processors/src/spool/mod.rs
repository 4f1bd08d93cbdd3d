//! Data that crosses a cut between two stages: immutable files, partitioned by the shard that reads them.
//!
//! Read in this order: `part` (how a file is named and described), `format` (its bytes), `writer`
//! (one per stage output), `reader` (one per task behind the cut), `sweep` (how files die). It does
//! not decide which files belong to a job: the effect that finishes a shard names them.

mod format;
mod part;
mod reader;
mod sweep;
mod writer;

pub use part::{SpoolName, SpoolPart};
pub use reader::{SpoolInput, SpoolReader};
pub use sweep::{remove, sweep};
pub use writer::{Cut, SpoolWriter};
