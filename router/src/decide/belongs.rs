//! Whether traffic belongs to the group it arrived at.

use crate::{rules::Mode, table::Table};

/// Whether a call belongs to the group of the process that it arrived at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// It does, or the group belongs to no lane and takes everything.
    Yes,
    /// It has no dye, or one of a chain without rules, and the group is one of a lane. It belongs if its caller is of
    /// this group too: a lost tag stays in its lane.
    Undyed,
    /// It is dyed, and no rule of its chain leads to this group of this service.
    Foreign,
}

impl Table {
    /// Whether a call with this dye belongs to a process of this service and group. Only groups of lanes refuse.
    pub fn belongs(&self, iteration: Option<&str>, service: &str, group: &str) -> Belongs {
        if !self.is_lane_group(group) {
            return Belongs::Yes;
        }
        let Some(lane) = iteration.and_then(|iteration| self.chains.lane(iteration)) else {
            return Belongs::Undyed;
        };
        let ids = self.names.id(service).zip(self.groups.id(group));
        let cluster = ids.and_then(|(service, group)| self.cluster(service, group));
        let Some((service, cluster)) = ids.map(|(service, _)| service).zip(cluster) else {
            return Belongs::Foreign;
        };
        let leads = |target| self.targets.may_lead_to(target, cluster);
        let runs = [Some(lane.own.run), lane.base.map(|base| base.run)];
        if runs.into_iter().flatten().any(|run| self.hops.any_to(run, service, leads)) {
            return Belongs::Yes;
        }
        // A permissive chain's calls without a rule go to the caller's own group, whichever that is.
        let ruled = runs.into_iter().flatten().any(|run| self.hops.any_to(run, service, |_| true));
        if lane.own.mode == Mode::Permissive && !ruled { Belongs::Yes } else { Belongs::Foreign }
    }
}
