//! What a process counts of the calls it gets: by who made the first call, as the body says.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::wire::Origin;

/// Counts of calls, while they come in.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    online: AtomicU64,
    chain: AtomicU64,
    next: AtomicU64,
}

/// Counts of calls, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Calls that a user made first.
    pub online: u64,
    /// Calls that the chain made first.
    pub chain: u64,
    /// Calls that the chain's next version made first.
    pub next: u64,
    /// Calls that were refused, since they do not belong to the group.
    pub refused: u64,
}

impl Tally {
    /// Counts a call.
    pub fn count(&self, origin: Origin) {
        let counter = match origin {
            Origin::Online => &self.online,
            Origin::Chain => &self.chain,
            Origin::Next => &self.next,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts so far.
    pub fn counts(&self, refused: u64) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { online: get(&self.online), chain: get(&self.chain), next: get(&self.next), refused }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.online += other.online;
        self.chain += other.chain;
        self.next += other.next;
        self.refused += other.refused;
    }
}
