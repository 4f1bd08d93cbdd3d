//! Which groups have no healthy endpoint: as it is, or as a test says.

use crate::table::Table;

/// Knows which groups are down.
pub(crate) trait Vitals {
    /// Whether a cluster has no healthy endpoint.
    fn is_down(&self, table: &Table, cluster: u32) -> bool;
}

/// As the calls have told.
pub(super) struct Told;

impl Vitals for Told {
    #[inline]
    fn is_down(&self, table: &Table, cluster: u32) -> bool {
        table.members[cluster as usize].cluster.is_down()
    }
}

/// As someone asks it to be: these clusters are down, all others are healthy.
#[derive(Debug, Default)]
pub(crate) struct Downed(Vec<u32>);

impl Downed {
    /// Takes a group of a service down; false if there is no such group.
    pub fn add(&mut self, table: &Table, service: &str, group: &str) -> bool {
        let ids = table.names.id(service).zip(table.groups.id(group));
        let cluster = ids.and_then(|(service, group)| table.cluster(service, group));
        self.0.extend(cluster);
        cluster.is_some()
    }
}

impl Vitals for Downed {
    fn is_down(&self, _table: &Table, cluster: u32) -> bool {
        self.0.contains(&cluster)
    }
}
