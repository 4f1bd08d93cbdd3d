//! What the standard library's `thread` has, with the lane carried on.
//!
//! For `std::thread::Builder`, for scoped threads and for the threads of other crates, wrap the closure with
//! [`carry`].

use std::thread::{self, JoinHandle};

use crate::scope::carry;

/// Like [`std::thread::spawn`], in the lane of the code that calls it.
///
/// # Panics
///
/// If the operating system has no thread, as that does; `Builder::spawn(carry(…))` says so as an error.
pub fn spawn<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    thread::spawn(carry(work))
}
