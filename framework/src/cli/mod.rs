//! The commands, for people and for programs.

mod console;
mod progress;

pub use console::{Console, Format, Screen};
pub use progress::Progress;
