//! `[services]` and `[topics]`.

use super::{
    super::{Address, Balance, HealthRule, Members, Placed, ServiceGroup, ServiceRule, code},
    limit, name, settings,
    value::{choice, entries, string, strings},
};
use crate::toml::{Entry, Fields, Mistake, Mistakes, Value, code as toml_code, nearest};

const BALANCES: &[(&str, Balance)] = &[("p2c", Balance::P2c), ("rendezvous", Balance::Rendezvous)];

/// Reads `balance`, of a service or a hop.
pub(super) fn balance(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Balance> {
    choice(fields, "balance", BALANCES, mistakes)
}

/// Reads `[services]`.
pub(super) fn services(
    file: &mut Fields<'_>,
    otherwise: HealthRule,
    mistakes: &mut Mistakes,
) -> Vec<ServiceRule> {
    let list = entries(file, "services", limit::SERVICES, mistakes);
    list.iter().filter_map(|entry| service(entry, otherwise, mistakes)).collect()
}

fn service(entry: &Entry, otherwise: HealthRule, mistakes: &mut Mistakes) -> Option<ServiceRule> {
    let good = name::check("service", &entry.key, &entry.key_place, mistakes);
    let what = format!("service `{}`", entry.key);
    let mut fields = Fields::of(what, &entry.item, mistakes)?;
    let balance = balance(&mut fields, mistakes).unwrap_or_default();
    let health_name = format!("`health` of {}", fields.what());
    let health = settings::health(&health_name, fields.get("health"), otherwise, mistakes);
    let members = |entry: &Entry, mistakes: &mut Mistakes| endpoints(entry, mistakes);
    let groups = groups(&fields, members, mistakes);
    let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
    good.then_some(ServiceRule { name, groups, is_topic: false, balance, health })
}

/// Reads `[topics]`.
pub(super) fn topics(file: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<ServiceRule> {
    let list = entries(file, "topics", limit::SERVICES, mistakes);
    list.iter().filter_map(|entry| topic(entry, mistakes)).collect()
}

fn topic(entry: &Entry, mistakes: &mut Mistakes) -> Option<ServiceRule> {
    let good = name::check("topic", &entry.key, &entry.key_place, mistakes);
    let fields = Fields::of(format!("topic `{}`", entry.key), &entry.item, mistakes)?;
    let groups = groups(&fields, real_topic, mistakes);
    let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
    let (balance, health) = (Balance::default(), HealthRule::default());
    good.then_some(ServiceRule { name, groups, is_topic: true, balance, health })
}

/// Every key that is no setting is a group.
fn groups(
    fields: &Fields<'_>,
    members: impl Fn(&Entry, &mut Mistakes) -> Option<Members>,
    mistakes: &mut Mistakes,
) -> Vec<ServiceGroup> {
    let mut groups = Vec::new();
    for entry in fields.rest() {
        let settings = name::SETTINGS.contains(&entry.key.as_str());
        if settings || !name::check("group", &entry.key, &entry.key_place, mistakes) {
            if settings {
                let message = format!("{} has no key `{}`", fields.what(), entry.key);
                let mistake = Mistake::error(toml_code::UNKNOWN_KEY, message);
                mistakes.push(mistake.at(entry.key_place.clone()).help("a group cannot have this name"));
            }
            continue;
        }
        let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
        // A group whose members cannot be read is still one that hops may name.
        let members = members(entry, mistakes).unwrap_or(Members::Endpoints(Vec::new()));
        groups.push(ServiceGroup { name, members });
    }
    if groups.len() > limit::GROUPS {
        let message =
            format!("{} has {} groups, and {} is the limit", fields.what(), groups.len(), limit::GROUPS);
        mistakes.push(Mistake::error(code::TOO_MANY, message).at(fields.place().clone()));
        groups.clear();
    }
    groups
}

fn endpoints(entry: &Entry, mistakes: &mut Mistakes) -> Option<Members> {
    let what = format!("group `{}`", entry.key);
    if let Value::Table(_) = entry.item.value {
        let shape = "write its address, or a list of them".to_owned();
        let near = nearest(&entry.key, name::SETTINGS);
        let help = near.map_or(shape, |near| format!("did you mean `{near}`?"));
        let mistake =
            Mistake::error(toml_code::WRONG_TYPE, format!("{what} has to be an address, not a table"));
        mistakes.push(mistake.at(entry.item.place.clone()).label("this is a table").help(help));
        return None;
    }
    let before = mistakes.len();
    let list = strings(&what, &entry.item, limit::ADDRESSES, mistakes);
    if list.is_empty() && mistakes.len() == before {
        let mistake = Mistake::error(code::EMPTY_GROUP, format!("{what} has no address"));
        mistakes.push(
            mistake
                .at(entry.item.place.clone())
                .label("empty")
                .help("name an address, or take the group out"),
        );
        return None;
    }
    let addresses: Vec<_> = list.into_iter().filter_map(|text| address(text, mistakes)).collect();
    twice(&what, &addresses, mistakes);
    (!addresses.is_empty()).then_some(Members::Endpoints(addresses))
}

fn address(text: Placed<String>, mistakes: &mut Mistakes) -> Option<Placed<Address>> {
    match Address::parse(&text.value) {
        Ok(value) => Some(Placed { value, place: text.place }),
        Err(why) => {
            let mistake = Mistake::error(code::BAD_ADDRESS, format!("`{}` is no address: {why}", text.value));
            let help = "write `http://host:port`; `https`, `grpc` and `grpcs` are the other schemes";
            mistakes.push(mistake.at(text.place).label("not an address").help(help));
            None
        }
    }
}

fn twice(what: &str, addresses: &[Placed<Address>], mistakes: &mut Mistakes) {
    let mut seen = std::collections::HashMap::new();
    for address in addresses {
        if let Some(first) = seen.insert(&address.value, &address.place) {
            let mistake = Mistake::error(code::DUPLICATE, format!("{what} has `{}` twice", address.value));
            let mistake = mistake.at(address.place.clone()).label("a second time");
            mistakes.push(mistake.also(first.clone(), "first here").help("keep one of the two"));
        }
    }
}

fn real_topic(entry: &Entry, mistakes: &mut Mistakes) -> Option<Members> {
    let what = format!("group `{}`", entry.key);
    let topic = string(&what, &entry.item, "the name of a topic", mistakes)?;
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // Kafka: `org.apache.kafka.common.internals.Topic`.
    let length = (1..=249).contains(&topic.value.len());
    if !length || !topic.value.chars().all(valid) || matches!(topic.value.as_str(), "." | "..") {
        let mistake =
            Mistake::error(code::BAD_NAME, format!("`{}` cannot be the name of a topic", topic.value));
        let help = "use letters, digits, `.`, `_` and `-`, at most 249 of them";
        mistakes.push(mistake.at(topic.place).label("not a name").help(help));
        return None;
    }
    Some(Members::Topic(topic))
}
