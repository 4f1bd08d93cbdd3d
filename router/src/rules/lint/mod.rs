//! What is probably not meant, and the file's own tests: all that needs the whole file.

mod check;
mod path;

pub use check::check;
