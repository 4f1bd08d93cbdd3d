//! Random chains: drawn from a seed, run by the product through crashes and kills, and compared with what a naive
//! evaluator makes of the same chain.
//!
//! ```text
//!   seed ──draw──▶ Drawn ──chain file──▶ the product, crashed and killed ──▶ files, counts ─┐
//!                    └───────naive: plain vectors──────────────────────────▶ files, counts ─┴─▶ equal?
//! ```
//! The evaluator shares with the product the record, the pure functions of an item that the test processors apply, and
//! the hash that an exchange moves items by; nothing else.

mod check;
mod draw;
mod enriching;
mod failing;
mod file;
mod folding;
mod item;
mod joining;
mod model;
mod moving;
mod naive;
mod play;
mod source;

pub use check::{Found, check};
pub use draw::draw;
pub use file::chain_file;
pub use item::{Item, Temper};
pub use model::{Drawn, Node, Op, Sink};
pub use naive::{Expected, evaluate};
pub use play::{Played, play, play_on_full_disk, play_program};
