//! The retry budget: retries as a share of requests, so that a struggling service is not given more to do.
//!
//! A token bucket that requests fill, as in Finagle's `RetryBudget`.

use std::cell::Cell;

use super::settings::Retries;

/// What is left for retries, in one thread.
#[derive(Debug)]
pub(crate) struct Budget {
    left: Cell<f64>,
    share: f64,
    most: f64,
}

impl Budget {
    pub(crate) fn new(retries: &Retries) -> Self {
        Self { left: Cell::new(retries.reserve), share: retries.share, most: retries.reserve }
    }

    /// A request pays in.
    pub(crate) fn request(&self) {
        self.left.set((self.left.get() + self.share).min(self.most));
    }

    /// A retry takes out; `false` if there is too little left.
    pub(crate) fn retry(&self) -> bool {
        let enough = self.left.get() >= 1.0;
        if enough {
            self.left.set(self.left.get() - 1.0);
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_share_of_requests_once_the_reserve_is_gone() {
        let budget = Budget::new(&Retries { attempts: 3, share: 0.25, reserve: 2.0 });
        assert!(budget.retry() && budget.retry());
        assert!(!budget.retry());
        let retried = (0..100).filter(|_| {
            budget.request();
            budget.retry()
        });
        assert_eq!(retried.count(), 25);
    }

    #[test]
    fn a_quiet_hour_does_not_save_up_more_than_the_reserve() {
        let budget = Budget::new(&Retries { attempts: 3, share: 1.0, reserve: 3.0 });
        (0..1000).for_each(|_| budget.request());
        assert_eq!((0..10).filter(|_| budget.retry()).count(), 3);
    }
}
