//! A job as the shell knows it: what is logged beside the engine's part of it, and which job a launch means.

mod work;

pub use work::{Work, WorkError};
