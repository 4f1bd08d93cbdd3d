//! What is probably not meant, and the file's own tests: all that needs the whole file.

mod check;
mod dye;
mod group;
mod hop;
mod path;

pub use check::check;
