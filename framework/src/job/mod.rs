//! A job as the shell knows it: what is logged beside the engine's part of it, and which job a launch means.

mod work;

pub use work::{CHUNK_ROWS, Work, WorkError, find_record};
