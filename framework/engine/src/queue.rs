//! Which stage is handed out next: (group, priority with ageing, tenant by running cost, due time, job, stage).
//!
//! Priority and ageing are one number, the *band*: the minute a job was due minus its priority. Lower goes first. A
//! step of priority is worth one [`AGEING_STEP_MS`](crate::limit::AGEING_STEP_MS) of waiting, so nothing is starved,
//! and the order needs no clock. Within a band the tenant whose running attempts cost least goes first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    id::{JobId, StageIx},
    time::Millis,
};

/// Where a stage with ready tasks stands in the queue of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueKey {
    pub(crate) band: i64,
    pub(crate) tenant: Arc<str>,
    pub(crate) due: Millis,
    pub(crate) job: JobId,
    pub(crate) stage: StageIx,
}

type Entries = BTreeSet<(Millis, JobId, StageIx)>;
/// Bands of one group, tenants of one band.
type Bands = BTreeMap<i64, BTreeMap<Arc<str>, Entries>>;

/// What can be handed out now, of all groups.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Queue {
    groups: BTreeMap<Box<str>, Bands>,
    /// What runs now, in thousandths of a slot, per tenant.
    costs: BTreeMap<Arc<str>, u64>,
}

impl Queue {
    pub(crate) fn insert(&mut self, group: &str, key: QueueKey) {
        if !self.groups.contains_key(group) {
            self.groups.insert(group.into(), BTreeMap::new());
        }
        if let Some(bands) = self.groups.get_mut(group) {
            let entries = bands.entry(key.band).or_default().entry(key.tenant).or_default();
            entries.insert((key.due, key.job, key.stage));
        }
    }

    pub(crate) fn remove(&mut self, group: &str, key: &QueueKey) {
        let Some(bands) = self.groups.get_mut(group) else { return };
        let Some(tenants) = bands.get_mut(&key.band) else { return };
        if let Some(entries) = tenants.get_mut(&key.tenant) {
            entries.remove(&(key.due, key.job, key.stage));
            if entries.is_empty() {
                tenants.remove(&key.tenant);
            }
        }
        if tenants.is_empty() {
            bands.remove(&key.band);
        }
        if bands.is_empty() {
            self.groups.remove(group);
        }
    }

    /// The stage of a group that is handed out next.
    pub(crate) fn first(&self, group: &str) -> Option<(JobId, StageIx)> {
        let (_, tenants) = self.groups.get(group)?.first_key_value()?;
        let cost = |tenant: &Arc<str>| self.costs.get(tenant).copied().unwrap_or(0);
        let (_, entries) = tenants.iter().min_by_key(|(tenant, _)| cost(tenant))?;
        entries.first().map(|(_, job, stage)| (*job, *stage))
    }

    pub(crate) fn add_cost(&mut self, tenant: &Arc<str>, cost: u32) {
        match self.costs.get_mut(tenant) {
            Some(running) => *running += u64::from(cost),
            None => drop(self.costs.insert(tenant.clone(), u64::from(cost))),
        }
    }

    pub(crate) fn take_cost(&mut self, tenant: &Arc<str>, cost: u32) {
        if let Some(running) = self.costs.get_mut(tenant) {
            *running = running.saturating_sub(u64::from(cost));
            if *running == 0 {
                self.costs.remove(tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(band: i64, tenant: &str, due: u64, job: u128) -> QueueKey {
        QueueKey { band, tenant: tenant.into(), due: Millis(due), job: JobId(job), stage: 0 }
    }

    /// Inserts all, then takes them out one after another, each running at a cost of 1000.
    fn order(keys: &[QueueKey]) -> Vec<u128> {
        let mut queue = Queue::default();
        for k in keys {
            queue.insert("g", k.clone());
        }
        let mut order = Vec::new();
        while let Some((job, _)) = queue.first("g") {
            let Some(k) = keys.iter().find(|k| k.job == job) else { break };
            queue.remove("g", k);
            queue.add_cost(&k.tenant, 1000);
            order.push(job.0);
        }
        assert!(queue.groups.is_empty());
        order
    }

    #[test]
    fn bands_come_before_tenants_and_tenants_before_due_times() {
        let cases: [(&[QueueKey], &[u128]); 4] = [
            (&[key(5, "a", 0, 1), key(4, "a", 9, 2)], &[2, 1]),
            (&[key(5, "a", 2, 1), key(5, "a", 1, 2)], &[2, 1]),
            (&[key(5, "a", 0, 1), key(5, "a", 0, 2), key(5, "b", 9, 3)], &[1, 3, 2]),
            (&[key(5, "a", 0, 2), key(5, "a", 0, 1)], &[1, 2]),
        ];
        for (keys, want) in cases {
            assert_eq!(order(keys), want, "{keys:?}");
        }
    }

    #[test]
    fn a_group_sees_its_own_tasks_only() {
        let mut queue = Queue::default();
        queue.insert("batch", key(0, "", 0, 1));
        assert_eq!(queue.first("online"), None);
        assert_eq!(queue.first("batch"), Some((JobId(1), 0)));
    }
}
