//! The worker: takes tasks, runs their stages over their shards, reports.
//!
//! ```text
//!   hand-out ──▶ pool (a thread a slot) ──▶ attempt ──▶ stage: chunk by chunk
//!                                              │ checkpoint
//!                                              ▼
//!                                           settle: sync files ──▶ report ──▶ engine
//! ```

mod attempt;
mod build;
mod checkpoint;
mod credit;
mod futures;
mod lane;
mod lanes;
mod pool;
mod refusal;
mod report;
mod running;
mod settle;
mod single;
mod stage;

pub use lanes::Lanes;
pub use pool::{Pool, PoolOptions, PoolSettings};
pub use report::{Event, Report, Reports};
