//! Where the calls of one caller go: every service, by every lane, asked of the table.

use crate::{
    decide::{Ask, NoRoute},
    rules::{Balance, ChainRule, HopRule, RollBy, Rules, ServiceRule},
    table::Table,
    toml::Place,
};

/// The calls of one caller to one service.
#[derive(Debug)]
pub(super) struct Calls<'r> {
    /// The service.
    pub service: &'r ServiceRule,
    /// Calls of each chain, iterations before the chains they are of.
    pub lanes: Vec<(&'r ChainRule, Fate<'r>)>,
    /// Calls of no known chain.
    pub otherwise: Fate<'r>,
}

/// What becomes of a call.
#[derive(Debug)]
pub(super) enum Fate<'r> {
    /// It goes somewhere.
    Goes(Way<'r>),
    /// It goes nowhere.
    Nowhere(NoRoute),
}

/// The groups a call may go to.
#[derive(Debug)]
pub(super) struct Way<'r> {
    /// The groups and their weights, sorted by name; at least one.
    pub shares: Vec<(&'r str, u32)>,
    /// Where calls go when their group is down, in this order.
    pub if_down: Vec<&'r str>,
    /// How the endpoints share the calls.
    pub balance: Balance,
    /// What weights are rolled with.
    pub roll: RollBy,
    /// The rule that says so, if one does.
    pub place: Option<&'r Place>,
}

/// The calls of a caller to every service that is no topic.
pub(super) fn calls<'r>(
    rules: &'r Rules,
    table: &Table,
    from: Option<&str>,
    group: Option<&str>,
) -> Vec<Calls<'r>> {
    let mut chains: Vec<&ChainRule> = rules.chains.iter().collect();
    // The most specific rule is matched first.
    chains.sort_by_key(|chain| !chain.iteration.value.contains('@'));
    let services = rules.services.iter().filter(|service| !service.is_topic);
    services
        .map(|service| {
            let ask = Ask { from, group, to: &service.name.value, ..Ask::default() };
            let lane =
                |chain: &&'r ChainRule| (*chain, lane(rules, table, service, &chain.iteration.value, &ask));
            Calls {
                service,
                lanes: chains.iter().map(lane).collect(),
                otherwise: outside(rules, table, service, &ask),
            }
        })
        .collect()
}

/// The calls of a lane: by the rule of the hop, if there is one.
pub(super) fn lane<'r>(
    rules: &'r Rules,
    table: &Table,
    service: &'r ServiceRule,
    iteration: &str,
    ask: &Ask<'_>,
) -> Fate<'r> {
    let Some(rule) = rule(rules, iteration, ask) else {
        return outside(rules, table, service, &Ask { iteration: Some(iteration), ..*ask });
    };
    Fate::Goes(Way {
        shares: rule.shares.iter().map(|share| (share.group.value.as_str(), share.weight)).collect(),
        if_down: rule.if_down.iter().map(|group| group.value.as_str()).collect(),
        balance: rule.balance.unwrap_or(service.balance),
        roll: rules.chains_of(iteration).find_map(|chain| chain.roll).unwrap_or_default(),
        place: Some(&rule.place),
    })
}

/// The rule for a call: of the iteration before the chain, about its caller before about any.
fn rule<'r>(rules: &'r Rules, iteration: &str, ask: &Ask<'_>) -> Option<&'r HopRule> {
    rules.chains_of(iteration).find_map(|chain| {
        let of = |from: Option<&str>| {
            chain.hops.iter().find(|hop| hop.to == ask.to && hop.from.as_deref() == from)
        };
        ask.from.and_then(|from| of(Some(from))).or_else(|| of(None))
    })
}

/// A call without a rule: what the table says.
pub(super) fn outside<'r>(
    rules: &'r Rules,
    table: &Table,
    service: &'r ServiceRule,
    ask: &Ask<'_>,
) -> Fate<'r> {
    match table.decide(ask) {
        Err(error) => Fate::Nowhere(error),
        Ok(decision) => {
            let group = service.group(decision.group()).map(|group| group.name.value.as_str());
            Fate::Goes(Way {
                shares: vec![(group.unwrap_or(&rules.default_group), 1)],
                if_down: Vec::new(),
                balance: service.balance,
                roll: RollBy::default(),
                place: None,
            })
        }
    }
}
