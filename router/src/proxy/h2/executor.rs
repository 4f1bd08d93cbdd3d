//! Where hyper puts its tasks: on this thread, as nothing here is shared with another.

use std::future::Future;

use hyper::rt::Executor;

/// Spawns on the local set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local;

impl<F> Executor<F> for Local
where
    F: Future + 'static,
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}
