//! What starts in a group: the entries of the rules, matched with what this program has.

use std::collections::BTreeSet;

use dyeline_router::{
    rules::{GroupRule, Placed, Rules, Start, StartKind},
    toml::{Mistake, Mistakes, nearest, suggestion},
};

/// The codes of these mistakes; each has a page under `docs/errors/`.
pub mod code {
    /// A group's table that names nothing of this program.
    pub const SELECTS_NOTHING: &str = "dyeline::groups::selects_nothing";
    /// A group that the rules do not know.
    pub const UNKNOWN: &str = "dyeline::groups::unknown";
}

/// The word for a kind, as `start` entries have it.
pub fn word(kind: StartKind) -> &'static str {
    match kind {
        StartKind::Processor => "processor",
        StartKind::Http => "http",
        StartKind::Grpc => "grpc",
        StartKind::Consumer => "consumer",
        StartKind::Schedule => "schedule",
    }
}

/// Everything that a program can start: components of its application, and the processors that are linked into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory(Vec<(StartKind, String)>);

impl Inventory {
    /// An inventory of these, in this order.
    pub fn new(things: impl IntoIterator<Item = (StartKind, String)>) -> Self {
        Self(things.into_iter().collect())
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = (StartKind, &str)> {
        self.0.iter().map(|(kind, name)| (*kind, name.as_str()))
    }

    /// The entries of a group's table that select nothing of this program.
    pub fn idle<'r>(&self, group: &'r GroupRule) -> impl Iterator<Item = &'r Placed<Start>> {
        group.start.iter().filter(|start| !self.iter().any(|(kind, name)| start.value.covers(kind, name)))
    }

    /// What is wrong with starting this program in a group: the rules do not know it, or its table does not fit.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn check(&self, rules: &Rules, group: &str) -> Result<(), Mistakes> {
        if !groups(rules).contains(group) {
            let message = format!("{} has no group `{group}`", rules.source.name());
            let help = suggestion(group, groups(rules));
            return Err(Mistake::error(code::UNKNOWN, message).help(help).into());
        }
        let mut mistakes = Mistakes::new();
        if let Some(table) = table(rules, group) {
            self.check_table(table, &mut mistakes);
        }
        mistakes.or(Some(())).map(|_| ())
    }

    /// What is wrong with a group's table, as far as this program can tell.
    ///
    /// A file of rules is shared by programs, so that an entry which selects nothing here may be for another one. It
    /// is a mistake when a name of this program is near, and when the whole table starts nothing.
    fn check_table(&self, group: &GroupRule, mistakes: &mut Mistakes) {
        for start in self.idle(group) {
            let kind = start.value.kind;
            let names = self.iter().filter(|(k, _)| *k == kind).map(|(_, name)| name);
            let Some(near) = nearest(&start.value.name, names) else { continue };
            let (word, name) = (word(kind), &start.value.name);
            let message = format!("`{word}:{name}` selects nothing of this program");
            let mistake = Mistake::error(code::SELECTS_NOTHING, message).at(start.place.clone());
            mistakes.push(mistake.label("not here").help(format!("did you mean `{word}:{near}`?")));
        }
        let starts = |(kind, name)| group.start.iter().any(|start| start.value.covers(kind, name));
        if mistakes.errors() == 0 && !self.iter().any(starts) {
            let group_name = &group.name.value;
            let message = format!("group `{group_name}` starts nothing of this program");
            let mistake = Mistake::error(code::SELECTS_NOTHING, message).at(group.name.place.clone());
            let help = format!("it has {}; name some of it in `start`", self.some());
            mistakes.push(mistake.label("starts nothing here").help(help));
        }
    }

    /// A few of its things, for a message.
    fn some(&self) -> String {
        const FEW: usize = 8;
        let mut shown: Vec<String> =
            self.iter().take(FEW).map(|(kind, name)| format!("`{}:{name}`", word(kind))).collect();
        match self.0.len() {
            0 => return "nothing to start".to_owned(),
            all if all > FEW => shown.push(format!("{} more", all - FEW)),
            _ => {}
        }
        shown.join(", ")
    }
}

/// The table of a group, if it has one.
pub fn table<'r>(rules: &'r Rules, group: &str) -> Option<&'r GroupRule> {
    rules.groups.iter().find(|rule| rule.name.value == group)
}

/// All groups that rules know of, sorted: those with a table, and those of services.
pub fn groups(rules: &Rules) -> BTreeSet<&str> {
    let tables = rules.groups.iter().map(|rule| rule.name.value.as_str());
    let served = rules.services.iter().flat_map(|s| &s.groups).map(|group| group.name.value.as_str());
    tables.chain(served).collect()
}

#[cfg(test)]
mod tests {
    use dyeline_router::toml::Source;

    use super::*;

    const RULES: &str = r#"version = 1
[services.ledger]
online = "http://ledger:8080"
batch = "http://ledger-batch:8080"
[groups.batch]
start = ["http:apj", "http:elsewhere", "processor:accrue-*"]
[groups.next]
start = ["grpc:other", "schedule:*"]
"#;

    fn rules() -> Rules {
        Rules::read(&Source::new("rules.toml", RULES)).unwrap()
    }

    fn inventory() -> Inventory {
        let things = [
            (StartKind::Http, "api"),
            (StartKind::Grpc, "posting"),
            (StartKind::Processor, "accrue-income"),
            (StartKind::Processor, "csv-load"),
        ];
        Inventory::new(things.map(|(kind, name)| (kind, name.to_owned())))
    }

    #[test]
    fn a_name_that_is_nearly_one_of_ours_is_a_mistake_and_one_of_another_program_is_not() {
        let (rules, inventory) = (rules(), inventory());
        let batch = table(&rules, "batch").unwrap();
        insta::assert_snapshot!(inventory.check(&rules, "batch").unwrap_err());
        let idle: Vec<_> = inventory.idle(batch).map(|start| start.value.name.as_str()).collect();
        assert_eq!(idle, ["apj", "elsewhere"]);
    }

    #[test]
    fn a_table_that_starts_nothing_here_is_a_mistake() {
        let (rules, inventory) = (rules(), inventory());
        insta::assert_snapshot!(inventory.check(&rules, "next").unwrap_err());
    }

    #[test]
    fn groups_are_those_of_tables_and_those_of_services() {
        let rules = rules();
        assert!(inventory().check(&rules, "online").is_ok());
        insta::assert_snapshot!(inventory().check(&rules, "bacth").unwrap_err());
        assert_eq!(groups(&rules).into_iter().collect::<Vec<_>>(), ["batch", "next", "online"]);
        assert!(table(&rules, "online").is_none(), "without a table everything starts");
    }
}
