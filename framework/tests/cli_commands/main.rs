//! The `dyeline` program as it is called: what it prints, and how it ends.

mod bad;
mod program;
mod runs;
