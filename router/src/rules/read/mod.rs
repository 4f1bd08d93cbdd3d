//! From a table of TOML to [`Rules`](super::Rules): shapes first, then names.

mod chain;
mod file;
mod hop;
pub mod limit;
mod name;
mod resolve;
mod service;
mod settings;
mod test;
mod value;

pub use file::MAX_FILE_BYTES;
