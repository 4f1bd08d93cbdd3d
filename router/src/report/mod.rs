//! What a process reports of its lanes: calls by chain, hop and groups, and the leaks among them.
//!
//! [`Calls`] counts, call by call; [`Calls::report`] gives a [`Report`] that people and programs are shown, and
//! [`Calls`] as text is the exposition for Prometheus. It does not decide what a leak is: callers say so with a
//! [`Seen`].

mod calls;
mod exposition;
mod row;

pub use calls::{Calls, Hop, MAX_ROWS, Seen};
pub use row::{Report, Row, Totals};
