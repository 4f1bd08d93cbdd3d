//! Tasks that are waited for together.

use tokio::{
    runtime::Handle,
    task::{self, AbortHandle, Id, JoinError},
};

use crate::scope::{InLaneExt, carry};

/// Like [`tokio::task::JoinSet`], its tasks in the lane of the code that spawns them.
#[derive(Debug)]
pub struct JoinSet<T> {
    tasks: task::JoinSet<T>,
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        Self { tasks: task::JoinSet::new() }
    }

    /// How many tasks are in the set, those that have ended but were not taken out too.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is no task in it.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task into the set.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn spawn(&mut self, future: impl Future<Output = T> + Send + 'static) -> AbortHandle
    where
        T: Send,
    {
        self.tasks.spawn(future.in_current_lane())
    }

    /// Spawns a task of another runtime into the set.
    #[track_caller]
    pub fn spawn_on(
        &mut self,
        future: impl Future<Output = T> + Send + 'static,
        runtime: &Handle,
    ) -> AbortHandle
    where
        T: Send,
    {
        self.tasks.spawn_on(future.in_current_lane(), runtime)
    }

    /// Spawns a task of this thread into the set.
    ///
    /// # Panics
    ///
    /// Outside of a [`LocalSet`](tokio::task::LocalSet).
    #[track_caller]
    pub fn spawn_local(&mut self, future: impl Future<Output = T> + 'static) -> AbortHandle {
        self.tasks.spawn_local(future.in_current_lane())
    }

    /// Runs a closure that blocks, as a task of the set.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[track_caller]
    pub fn spawn_blocking(&mut self, work: impl FnOnce() -> T + Send + 'static) -> AbortHandle
    where
        T: Send,
    {
        self.tasks.spawn_blocking(carry(work))
    }

    /// Waits for the next task to end and takes it out; `None` if the set is empty. Can be dropped and called again.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.tasks.join_next().await
    }

    /// Like [`join_next`](Self::join_next), with the task's id.
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.tasks.join_next_with_id().await
    }

    /// Takes out a task that has ended, if there is one.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.tasks.try_join_next()
    }

    /// Waits for all tasks, in the order in which they end.
    ///
    /// # Panics
    ///
    /// If one of them panicked or was aborted.
    pub async fn join_all(self) -> Vec<T> {
        self.tasks.join_all().await
    }

    /// Aborts all tasks; they stay in the set until they are taken out.
    pub fn abort_all(&mut self) {
        self.tasks.abort_all();
    }

    /// Aborts all tasks and waits for their end.
    pub async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
    }

    /// Takes all tasks out; they run on.
    pub fn detach_all(&mut self) {
        self.tasks.detach_all();
    }
}

/// Spawns all futures into a new set.
impl<T: Send + 'static, F: Future<Output = T> + Send + 'static> FromIterator<F> for JoinSet<T> {
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        for future in futures {
            set.spawn(future);
        }
        set
    }
}
