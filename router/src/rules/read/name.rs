//! Names of services, groups, chains and iterations.

use super::{
    super::{TOPIC, code},
    limit,
};
use crate::toml::{Mistake, Mistakes, Place};

/// Keys of a service's table that are settings, and so cannot be names of groups.
pub(super) const SETTINGS: [&str; 3] = ["balance", "health", "if_down"];

/// Says what is wrong with a name, if anything is.
pub(super) fn check(what: &str, name: &str, place: &Place, mistakes: &mut Mistakes) -> bool {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = !name.is_empty() && name.len() <= limit::NAME && name.chars().all(valid);
    if !good {
        let message = format!("`{name}` cannot be the name of a {what}");
        let help = format!("use small letters, digits and `-`, at most {} of them", limit::NAME);
        let mistake = Mistake::error(code::BAD_NAME, message).at(place.clone());
        mistakes.push(mistake.label("not a name").help(help));
    }
    good
}

/// The same for `chain` and `chain@version`.
pub(super) fn check_iteration(text: &str, place: &Place, mistakes: &mut Mistakes) -> bool {
    let Some((name, version)) = text.split_once('@') else {
        return check("chain", text, place, mistakes);
    };
    let good = check("chain", name, place, mistakes);
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if version.is_empty() || version.len() > limit::VERSION || !version.chars().all(valid) {
        let mistake = Mistake::error(code::BAD_NAME, format!("`{version}` cannot be a version"));
        let help = format!("use letters, digits, `.`, `_` and `-`, at most {} of them", limit::VERSION);
        mistakes.push(mistake.at(place.clone()).label("not a version").help(help));
        return false;
    }
    good
}

/// The same for the target of a hop: a service, or `topic:` and a topic.
pub(super) fn check_target(text: &str, place: &Place, mistakes: &mut Mistakes) -> bool {
    match text.strip_prefix(TOPIC) {
        Some(topic) => check("topic", topic, place, mistakes),
        None => check("service", text, place, mistakes),
    }
}
