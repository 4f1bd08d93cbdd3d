//! Dyeline: a sharding and batch-processing framework with service-group routing.
//!
//! A *job* is partitioned into *shards*; a *chain*, a DAG of *processors*, runs over them. Write processors with the
//! derive macros in [`prelude`], describe a chain in a file, and let [`main`] be your program's `main`:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     dyeline::main()
//! }
//! ```

// Generated code names `::dyeline`, in this crate as in a user's.
#[expect(unused_extern_crates, reason = "named by what the derives generate")]
extern crate self as dyeline;

#[cfg(feature = "http")]
pub mod app;
pub mod chain;
pub mod cli;
pub mod control;
pub mod groups;
pub mod host;
pub mod job;
pub mod launch;
pub mod log;
pub mod partition;
pub mod view;
pub mod worker;

#[doc(hidden)]
pub use dyeline_processors::__private;
pub use dyeline_processors::{Error, Result, builtin, contract, decimal, disk, prelude, record, spool};

#[cfg(feature = "http")]
pub use app::Application;
pub use cli::main;
#[cfg(feature = "http")]
pub use dyeline_processors::lanes;
