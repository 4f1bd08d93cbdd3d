//! Hosts that a dye may not be sent to.

use std::collections::HashSet;

use crate::{
    rules::{Address, Members, Placed, Rules, ServiceRule, code},
    toml::{Mistake, Mistakes},
};

/// Says of every declared host, once, when `only_to` does not cover it.
pub(super) fn lint(rules: &Rules, mistakes: &mut Mistakes) {
    let hosts = rules.dye.hosts();
    let mut told = HashSet::new();
    for service in &rules.services {
        for address in addresses(service) {
            let (host, port) = (address.value.host(), address.value.port());
            if !hosts.allows(host, Some(port)) && told.insert((host, port)) {
                let message = format!(
                    "the dye may not be sent to `{host}`, a host of service `{}`",
                    service.name.value
                );
                let mistake = Mistake::warning(code::WITHHELD_HOST, message).at(address.place.clone());
                let help = format!("add `{host}`, or a pattern that covers it, to `only_to` of `[dye]`");
                mistakes.push(mistake.label("called without its dye").help(help));
            }
        }
    }
}

fn addresses(service: &ServiceRule) -> impl Iterator<Item = &Placed<Address>> {
    service.groups.iter().flat_map(|group| match &group.members {
        Members::Endpoints(list) => list.as_slice(),
        Members::Topic(_) => &[],
    })
}
