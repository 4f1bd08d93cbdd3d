//! Jobs as they are shown: to programs as JSON, to people as lines and tables.
//!
//! Everything here is made from the engine's [`JobView`](dyeline_engine::JobView) on the owner's thread and holds no
//! reference to it. Deliberately absent: sockets, terminals, colours.

mod counts;
mod document;
pub(crate) mod job_id_text;
mod lane;
mod line;
mod make;
mod reconcile;
mod show;
mod stage;
mod status;
mod summary;
mod table;
mod time;
mod words;

pub use counts::{FailedCounts, NodeStatus, Nodes};
pub use document::{DocumentNode, JobDocument};
pub use lane::lane_text;
pub use line::JobLine;
pub use reconcile::{Unreconciled, reconcile};
pub use show::{status_line, status_text};
pub use stage::{FailureStatus, NoteStatus, OutputStatus, PlaceStatus, StageStatus, TaskCounts};
pub use status::JobStatus;
pub use summary::{Pace, summary_text};
pub use table::{Align, Table};
pub use time::At;
pub use words::{bytes_text, count_text, duration_text, rate_text};
