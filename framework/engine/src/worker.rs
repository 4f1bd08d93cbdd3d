//! Connected workers and their credit: volatile, never logged.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{id::WorkerId, job::Build};

/// One connected worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    group: Arc<str>,
    build: Option<Build>,
    credit: u32,
}

/// All connected workers.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    all: BTreeMap<WorkerId, Worker>,
    /// Workers that have credit, the one with most first, per group.
    able: BTreeMap<Arc<str>, BTreeSet<(Reverse<u32>, WorkerId)>>,
}

impl Workers {
    pub(crate) fn join(&mut self, id: WorkerId, group: &str, build: Option<Build>) {
        self.leave(id);
        self.all.insert(id, Worker { group: group.into(), build, credit: 0 });
    }

    pub(crate) fn leave(&mut self, id: WorkerId) -> bool {
        self.set_credit(id, |_| 0);
        self.all.remove(&id).is_some()
    }

    pub(crate) fn has(&self, id: WorkerId) -> bool {
        self.all.contains_key(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn build(&self, id: WorkerId) -> Option<Build> {
        self.all.get(&id)?.build
    }

    pub(crate) fn credit(&self, id: WorkerId) -> u32 {
        self.all.get(&id).map_or(0, |w| w.credit)
    }

    pub(crate) fn set_credit(&mut self, id: WorkerId, change: impl FnOnce(u32) -> u32) {
        let Some(worker) = self.all.get_mut(&id) else { return };
        let old = worker.credit;
        worker.credit = change(old);
        let new = worker.credit;
        if old == new {
            return;
        }
        if !self.able.contains_key(&worker.group) {
            self.able.insert(worker.group.clone(), BTreeSet::new());
        }
        let Some(able) = self.able.get_mut(&worker.group) else { return };
        able.remove(&(Reverse(old), id));
        if new > 0 {
            able.insert((Reverse(new), id));
        } else if able.is_empty() {
            self.able.remove(&worker.group);
        }
    }

    /// Groups with a worker that has credit, each with the one that has most.
    pub(crate) fn able(&self) -> impl Iterator<Item = (&Arc<str>, WorkerId)> {
        self.able.iter().filter_map(|(group, able)| Some((group, able.first()?.1)))
    }
}
