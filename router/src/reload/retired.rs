//! Tables that are not in use any more, kept until nobody holds them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::table::Table;

/// Keeps old tables, so that the last call that holds one does not have to free it.
#[derive(Debug, Default)]
pub(super) struct Retired(Mutex<Vec<Arc<Table>>>);

impl Retired {
    /// Keeps one.
    pub fn keep(&self, table: Arc<Table>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(table);
    }

    /// Frees those that nobody else holds, and tells how many are left.
    pub fn sweep(&self) -> usize {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can get hold of one again once only this has it.
        let (free, held) = kept.drain(..).partition(|table| Arc::strong_count(table) == 1);
        *kept = held;
        let left = kept.len();
        drop(kept);
        drop::<Vec<Arc<Table>>>(free);
        left
    }
}
