//! Single tasks.

use tokio::{
    runtime::Handle,
    task::{self, JoinHandle},
};

use crate::scope::{InLaneExt, carry};

/// Like [`tokio::spawn`], in the lane of the code that calls it.
///
/// # Panics
///
/// Outside of a tokio runtime, as that does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    task::spawn(future.in_current_lane())
}

/// Like [`Handle::spawn`], in the lane of the code that calls it.
#[track_caller]
pub fn spawn_on<F>(future: F, runtime: &Handle) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    runtime.spawn(future.in_current_lane())
}

/// Like [`tokio::task::spawn_local`], in the lane of the code that calls it.
///
/// # Panics
///
/// Outside of a [`LocalSet`](tokio::task::LocalSet), as that does.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    task::spawn_local(future.in_current_lane())
}

/// Like [`tokio::task::spawn_blocking`], in the lane of the code that calls it.
///
/// # Panics
///
/// Outside of a tokio runtime, as that does.
#[track_caller]
pub fn spawn_blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    task::spawn_blocking(carry(work))
}

/// Like [`Handle::spawn_blocking`], in the lane of the code that calls it.
#[track_caller]
pub fn spawn_blocking_on<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
    runtime: &Handle,
) -> JoinHandle<R> {
    runtime.spawn_blocking(carry(work))
}
