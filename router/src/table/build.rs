//! From rules to a table.

use std::collections::HashMap;

use super::{
    Chains, Names, Table,
    chains::NewChain,
    compiled::{Member, Service, next_version},
    hops::{Hop, Hops},
    targets::{NewTarget, Part, Targets},
};
use crate::{
    health::{Cluster, Endpoints},
    rules::{ChainRule, HopRule, Members, Rules, ServiceRule},
};
use std::sync::Arc;

impl Table {
    /// Compiles rules. Replicas that another table knows already keep their health.
    pub fn new(rules: &Rules, endpoints: &Endpoints) -> Self {
        let mut table = Self {
            file: rules.source.name().to_owned(),
            version: next_version(),
            names: Names::default(),
            groups: Names::default(),
            services: Vec::with_capacity(rules.services.len()),
            members: Vec::new(),
            chains: Chains::with_room(rules.chains.len()),
            hops: Hops::default(),
            targets: Targets::default(),
            default_group: 0,
            in_lane: Vec::new(),
            rules: rules.chains.iter().map(|chain| chain.hops.len()).sum(),
            chain_count: rules.chains.len(),
        };
        table.default_group = table.groups.add(&rules.default_group);
        for service in &rules.services {
            table.add_service(service, endpoints);
        }
        let mut known = HashMap::new();
        let mut lane_groups = Vec::new();
        for chain in &rules.chains {
            table.add_chain(chain, rules, &mut known, &mut lane_groups);
        }
        table.chains.tie();
        table.hops.shrink();
        table.in_lane = vec![false; table.groups.len()];
        for group in lane_groups {
            table.in_lane[group as usize] = group != table.default_group;
        }
        endpoints.forget_unused();
        table
    }

    fn add_service(&mut self, rule: &ServiceRule, endpoints: &Endpoints) {
        let target = rule.target();
        let service = self.names.add(&target);
        let mut members: Vec<Member> = rule
            .groups
            .iter()
            .map(|group| {
                let group_id = self.groups.add(&group.name.value);
                let (replicas, topic) = match &group.members {
                    Members::Endpoints(list) => {
                        let get = |address| endpoints.get(&target, address);
                        (list.iter().map(|address| get(&address.value)).collect(), None)
                    }
                    Members::Topic(topic) => (Vec::new(), Some(topic.value.as_str().into())),
                };
                let cluster = Cluster::new(replicas, rule.health, endpoints.clock().clone());
                Member { service, group: group_id, cluster: Arc::new(cluster), topic }
            })
            .collect();
        members.sort_by_key(|member| member.group);
        let (first, groups) = (self.members.len() as u32, members.len() as u32);
        self.members.append(&mut members);
        self.services.push(Service { first, groups, balance: rule.balance });
    }

    fn add_chain(
        &mut self,
        rule: &ChainRule,
        rules: &Rules,
        known: &mut HashMap<NewTarget, u32>,
        lane_groups: &mut Vec<u32>,
    ) {
        let mut hops = Vec::with_capacity(rule.hops.len());
        for hop in &rule.hops {
            // Every name was looked up when the rules were read.
            let Some(to) = self.names.id(&hop.to) else { continue };
            let from = hop.from.as_ref().and_then(|from| self.names.id(from));
            if hop.from.is_some() != from.is_some() {
                continue;
            }
            let target = self.new_target(hop, to);
            lane_groups.extend(target.parts.iter().map(|part| self.members[part.cluster as usize].group));
            let target = self.targets.add(target, known);
            hops.push(Hop { to, from, target, line: hop.place.line() as u32 });
        }
        let iteration = rule.iteration.value.as_str();
        let workers = self.groups.add(rules.workers(iteration));
        lane_groups.push(workers);
        lane_groups.sort_unstable();
        lane_groups.dedup();
        let run = self.hops.add(&hops);
        let mode = rules.chains_of(iteration).find_map(|chain| chain.mode).unwrap_or_default();
        let roll = rules.chains_of(iteration).find_map(|chain| chain.roll).unwrap_or_default();
        self.chains.add(NewChain { name: iteration, mode, roll, run, workers });
    }

    fn new_target(&self, hop: &HopRule, to: u32) -> NewTarget {
        let cluster = |group: &str| self.groups.id(group).and_then(|group| self.cluster(to, group));
        let mut below = 0;
        let parts = hop.shares.iter().filter(|share| share.weight > 0).filter_map(|share| {
            below += share.weight;
            Some(Part { cluster: cluster(&share.group.value)?, below })
        });
        NewTarget {
            parts: parts.collect(),
            fallbacks: hop.if_down.iter().filter_map(|group| cluster(&group.value)).collect(),
            balance: hop.balance.unwrap_or(self.services[to as usize].balance),
        }
    }
}
