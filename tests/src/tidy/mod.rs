//! The conventions of the project, as checks over its files: what a person would have to remember is a test.
//!
//! A [`Tree`] is read from disk or planted in a test, each function of [`check`] turns it into [`Finding`]s, and
//! `ratchet.txt` names the exceptions, which may only get fewer and smaller.

pub mod check;

mod finding;
mod ratchet;
pub(crate) mod rust;
mod tree;

pub use finding::{Finding, report};
pub use ratchet::{Measure, Ratchet};
pub use rust::{Function, Literal, RustFile};
pub use tree::Tree;
