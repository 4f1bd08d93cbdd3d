//! Decisions, against an evaluator that knows no table: it walks over the rules as they are read, line by line.

#![expect(clippy::unwrap_used, reason = "the functions beside the tests are part of them")]

use std::collections::HashSet;

use dyeline_router::{
    decide::{Ask, Belongs, Leak, NoRoute},
    health::{Endpoints, Outcome},
    rules::{Balance, HopRule, Mode, RollBy, Rules, ServiceRule},
    table::Table,
    toml::Source,
};
use proptest::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

const SERVICES: [&str; 4] = ["ledger", "risk", "mail", "audit"];
const TOPICS: [&str; 2] = ["topic:posted", "topic:closed"];
const GROUPS: [&str; 4] = ["online", "batch", "next", "spare"];
const ITERATIONS: [&str; 6] = ["fund", "fund@1", "fund@2", "index", "index@9", "gone"];

/// Draws from a seed, so that a failing case is one number.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((x ^ (x >> 31)) % n as u64) as usize
    }

    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn maybe<'a>(&mut self, list: &[&'a str]) -> Option<&'a str> {
        (self.below(3) > 0).then(|| self.one_of(list))
    }

    /// Some of a list, at least one.
    fn some_of<'a>(&mut self, list: &[&'a str]) -> Vec<&'a str> {
        let mut some: Vec<&str> = list.iter().copied().filter(|_| self.below(2) == 0).collect();
        if some.is_empty() {
            some.push(self.one_of(list));
        }
        some
    }
}

/// A rules file, drawn: services and topics with some groups each, chains with some hops each.
fn drawn_rules(draw: &mut Draw) -> String {
    let mut text = String::from("version = 1\n[health]\nfailures = 1\n");
    let mut groups_of = Vec::new();
    for name in SERVICES.iter().chain(&TOPICS) {
        let groups = draw.some_of(&GROUPS);
        match name.strip_prefix("topic:") {
            Some(topic) => text.push_str(&format!("[topics.{topic}]\n")),
            None => text.push_str(&format!("[services.{name}]\n")),
        }
        for group in &groups {
            let value = match name.strip_prefix("topic:") {
                Some(topic) => format!("{topic}.{group}"),
                None => format!("http://{name}-{group}:80"),
            };
            text.push_str(&format!("{group} = \"{value}\"\n"));
        }
        groups_of.push((*name, groups));
    }
    for iteration in &ITERATIONS[..5] {
        if draw.below(4) > 0 {
            drawn_chain(draw, iteration, &groups_of, &mut text);
        }
    }
    text
}

fn drawn_chain(draw: &mut Draw, iteration: &str, groups_of: &[(&str, Vec<&str>)], text: &mut String) {
    text.push_str(&format!("[chains.\"{iteration}\"]\n"));
    for (key, words) in
        [("mode", &["strict", "permissive"][..]), ("roll", &["job", "hop", "call"]), ("workers", &GROUPS)]
    {
        if let Some(word) = draw.maybe(words) {
            text.push_str(&format!("{key} = \"{word}\"\n"));
        }
    }
    text.push_str(&format!("[chains.\"{iteration}\".hops]\n"));
    let mut seen = HashSet::new();
    for _ in 0..draw.below(8) {
        let (to, groups) = &groups_of[draw.below(groups_of.len())];
        let from = draw.maybe(&SERVICES);
        if !seen.insert((from, *to)) {
            continue;
        }
        let key = from.map_or_else(|| (*to).to_owned(), |from| format!("{from} -> {to}"));
        let mut shares: Vec<String> =
            draw.some_of(groups).iter().map(|group| format!("{group} = {}", draw.below(4))).collect();
        shares.retain(|share| !share.ends_with(" 0") || draw.below(2) == 0);
        if shares.iter().all(|share| share.ends_with(" 0")) {
            shares = vec![format!("{} = 1", draw.one_of(groups))];
        }
        let if_down: Vec<String> = draw.some_of(groups).iter().map(|group| format!("{group:?}")).collect();
        if draw.below(2) == 0 {
            shares.push(format!("if_down = [{}]", if_down.join(", ")));
        }
        if draw.below(4) == 0 {
            shares.push("balance = \"rendezvous\"".into());
        }
        text.push_str(&format!("{key:?} = {{ {} }}\n", shares.join(", ")));
    }
}

/// Where a call goes, as far as rules say it.
#[derive(Debug, PartialEq)]
struct Answer {
    group: String,
    line: Option<u32>,
    roll: Option<u64>,
    fell_back: bool,
    leak: Option<Leak>,
}

/// What the table has to say, from the rules alone.
fn naive(rules: &Rules, ask: &Ask<'_>, down: &HashSet<(String, String)>) -> Result<Answer, &'static str> {
    let service =
        rules.services.iter().find(|service| service.target() == ask.to).ok_or("unknown service")?;
    let chains: Vec<_> = ask
        .iteration
        .into_iter()
        .flat_map(|iteration| [iteration, iteration.split('@').next().unwrap_or_default()])
        .filter_map(|name| rules.chains.iter().find(|chain| chain.iteration.value == name))
        .collect();
    let mode = chains.iter().find_map(|chain| chain.mode).unwrap_or(Mode::Strict);
    let by = chains.iter().find_map(|chain| chain.roll).unwrap_or(RollBy::Job);
    for chain in &chains {
        let about = |from: Option<&str>| {
            let of = |hop: &&HopRule| hop.to == ask.to && hop.from.as_deref() == from;
            chain.hops.iter().find(of)
        };
        let rule = ask.from.and_then(|from| about(Some(from))).or_else(|| about(None));
        if let Some(hop) = rule {
            return Ok(by_rule(rules, ask, hop, by, down));
        }
    }
    if !chains.is_empty() && mode == Mode::Strict {
        return Err("no rule");
    }
    outside(rules, ask, service, !chains.is_empty())
}

fn by_rule(
    rules: &Rules,
    ask: &Ask<'_>,
    hop: &HopRule,
    by: RollBy,
    down: &HashSet<(String, String)>,
) -> Answer {
    let of_job = ask.job.map(|job| xxh3_64(job.as_bytes()));
    let roll = match by {
        RollBy::Job => ask.roll.or(of_job).unwrap_or(ask.chance),
        RollBy::Hop => {
            let job = of_job.or(ask.roll).unwrap_or(ask.chance);
            let from = xxh3_64_with_seed(ask.from.unwrap_or("").as_bytes(), job);
            xxh3_64_with_seed(ask.to.as_bytes(), from)
        }
        RollBy::Call => ask.chance,
    };
    // One ticket for each unit of weight, in the order of the groups' names.
    let mut shares: Vec<_> = hop.shares.iter().map(|share| (&share.group.value, share.weight)).collect();
    shares.sort();
    let tickets: Vec<&String> =
        shares.iter().flat_map(|(group, weight)| std::iter::repeat_n(*group, *weight as usize)).collect();
    let meant = tickets[(roll % tickets.len() as u64) as usize];
    let is_down = |group: &str| down.contains(&(hop.to.clone(), group.to_owned()));
    let fallback =
        hop.if_down.iter().map(|group| &group.value).find(|group| *group != meant && !is_down(group));
    let taken = if is_down(meant) { fallback } else { None };
    let group = taken.unwrap_or(meant);
    let meant_default = tickets.contains(&&rules.default_group);
    let left = taken.is_some() && *group == rules.default_group && !meant_default;
    Answer {
        group: group.clone(),
        line: Some(hop.place.line() as u32),
        roll: Some(roll),
        fell_back: taken.is_some(),
        leak: left.then_some(Leak::LeftLane),
    }
}

fn outside(rules: &Rules, ask: &Ask<'_>, service: &ServiceRule, dyed: bool) -> Result<Answer, &'static str> {
    let own = ask.group.filter(|group| service.group(group).is_some());
    let group = own.unwrap_or(&rules.default_group);
    if service.group(group).is_none() {
        return Err("no group");
    }
    let lane_groups: HashSet<&str> = rules
        .chains
        .iter()
        .flat_map(|chain| {
            let shares = chain.hops.iter().flat_map(|hop| &hop.shares).filter(|share| share.weight > 0);
            shares.map(|share| share.group.value.as_str()).chain([rules.workers(&chain.iteration.value)])
        })
        .filter(|group| *group != rules.default_group)
        .collect();
    let leak = match (dyed, ask.group.is_some_and(|group| lane_groups.contains(group))) {
        (true, _) => (group == rules.default_group).then_some(Leak::LeftLane),
        (false, inside) => inside.then_some(Leak::Undyed),
    };
    Ok(Answer { group: group.to_owned(), line: None, roll: None, fell_back: false, leak })
}

fn drawn_ask<'a>(draw: &mut Draw, jobs: &'a [String]) -> Ask<'a> {
    let targets = [&SERVICES[..], &TOPICS[..], &["nobody"]].concat();
    Ask {
        iteration: draw.maybe(&ITERATIONS),
        job: (draw.below(4) > 0).then(|| jobs[draw.below(jobs.len())].as_str()),
        roll: (draw.below(2) == 0).then(|| draw.below(usize::MAX) as u64),
        from: draw.maybe(&["ledger", "risk", "mail", "audit", "stranger"]),
        group: draw.maybe(&["online", "batch", "next", "spare", "odd"]),
        to: draw.one_of(&targets),
        chance: draw.below(usize::MAX) as u64,
    }
}

/// Has some groups fail, so that all of their endpoints are ejected.
fn take_down(draw: &mut Draw, table: &Table) -> HashSet<(String, String)> {
    let mut down = HashSet::new();
    for (service, group, cluster) in table.clusters() {
        if draw.below(3) == 0 && !cluster.endpoints().is_empty() {
            cluster.pick(Balance::P2c, None, 0, None).unwrap().done(Outcome::Failure);
            down.insert((service.to_owned(), group.to_owned()));
        }
    }
    down
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_decision_is_what_the_rules_say_and_what_is_explained(seed in any::<u64>()) {
        let mut draw = Draw(seed);
        let text = drawn_rules(&mut draw);
        let rules = Rules::read(&Source::new("rules.toml", text.as_str()))
            .unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
        let table = Table::new(&rules, &Endpoints::default());
        let down = take_down(&mut draw, &table);
        let jobs: Vec<String> = (0..20).map(|n| format!("job-{n}")).collect();
        for _ in 0..60 {
            let ask = drawn_ask(&mut draw, &jobs);
            let decided = table.decide(&ask);
            let found = match &decided {
                Ok(decision) => Ok(Answer {
                    group: decision.group().to_owned(),
                    line: decision.line(),
                    roll: decision.roll(),
                    fell_back: decision.fell_back(),
                    leak: decision.leak(),
                }),
                Err(NoRoute::UnknownService { .. }) => Err("unknown service"),
                Err(NoRoute::NoRule { .. }) => Err("no rule"),
                Err(NoRoute::NoGroup { .. }) => Err("no group"),
            };
            prop_assert_eq!(&found, &naive(&rules, &ask, &down), "{:?}\n{}", ask, text);
            let explanation = table.explain(&ask);
            prop_assert_eq!(&explanation.decision, &decided);
            prop_assert!(explanation.decision.is_err() || !explanation.reasons.is_empty());
            if let Ok(decision) = &decided {
                // Nothing that a dyed call is sent to by a rule refuses it.
                let belongs = table.belongs(ask.iteration, ask.to, decision.group());
                prop_assert!(decision.line().is_none() || belongs == Belongs::Yes, "{:?} {:?}", ask, decision);
                let topic = ask.to.strip_prefix("topic:").map(|topic| format!("{topic}.{}", decision.group()));
                prop_assert_eq!(decision.topic(), topic.as_deref());
                prop_assert_eq!(decision.service(), ask.to);
            }
        }
    }
}

#[test]
fn weights_are_kept_over_many_jobs_and_stick_to_each() {
    let text = "version = 1\n[services.a]\nx = \"http://x\"\ny = \"http://y\"\n[services.b]\nx = \"http://x\"\n\
                y = \"http://y\"\n[chains.c]\nroll = \"ROLL\"\n[chains.c.hops]\na = { x = 90, y = 10 }\nb = { x = 90, y = 10 }\n";
    for (roll, sticks, agrees) in [("job", true, true), ("hop", true, false), ("call", false, false)] {
        let rules = Rules::read(&Source::new("rules.toml", text.replace("ROLL", roll))).unwrap();
        let table = Table::new(&rules, &Endpoints::default());
        let mut draw = Draw(7);
        let (mut to_y, mut moved, mut apart) = (0, 0, 0);
        for job in 0..20_000 {
            let job = format!("{job}");
            let mut ask = |to| {
                let chance = (draw.below(1 << 32) as u64) << 32 | draw.below(1 << 32) as u64;
                let ask = Ask { iteration: Some("c"), job: Some(&job), to, chance, ..Ask::default() };
                table.decide(&ask).unwrap().group()
            };
            let (first, again, other) = (ask("a"), ask("a"), ask("b"));
            to_y += usize::from(first == "y");
            moved += usize::from(first != again);
            apart += usize::from(first != other);
        }
        // Six standard deviations of a binomial distribution around 2,000.
        assert!((1_745..2_255).contains(&to_y), "{roll}: {to_y}");
        assert_eq!((moved == 0, apart == 0), (sticks, agrees), "{roll}: {moved} {apart}");
    }
}
