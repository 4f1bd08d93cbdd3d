//! What would start where, for people and for programs.

use std::fmt::Write as _;

use dyeline_router::rules::Rules;
use serde::{Deserialize, Serialize};

use super::{Inventory, groups, table, word};
use crate::view::{Align, Table};

/// What a program starts in one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupStarts {
    /// The group.
    pub group: String,
    /// Whether it has a table in the rules; without one it starts everything.
    pub declared: bool,
    /// What starts: `http:api`.
    pub starts: Vec<String>,
    /// Entries of its table that select nothing of this program.
    pub idle: Vec<String>,
}

/// What a program starts in each group of the rules, or in one.
pub fn starts(inventory: &Inventory, rules: &Rules, only: Option<&str>) -> Vec<GroupStarts> {
    let wanted = groups(rules).into_iter().filter(|group| only.is_none_or(|only| only == *group));
    wanted
        .map(|group| {
            let things = inventory.iter().filter(|(kind, name)| rules.starts(group, *kind, name));
            let table = table(rules, group);
            let idle = table.into_iter().flat_map(|table| inventory.idle(table));
            GroupStarts {
                group: group.to_owned(),
                declared: table.is_some(),
                starts: things.map(|(kind, name)| format!("{}:{name}", word(kind))).collect(),
                idle: idle.map(|start| format!("{}:{}", word(start.value.kind), start.value.name)).collect(),
            }
        })
        .collect()
}

/// The same as a table: a line for each thing, a column for each group.
pub fn starts_text(inventory: &Inventory, groups: &[GroupStarts], width: usize) -> String {
    let heads = groups.iter().map(|group| (group.group.as_str(), Align::Whole));
    let mut table = Table::new([("component", Align::Left)].into_iter().chain(heads));
    for (kind, name) in inventory.iter() {
        let thing = format!("{}:{name}", word(kind));
        let cells = groups.iter().map(|group| if group.starts.contains(&thing) { "starts" } else { "-" });
        let cells: Vec<String> = cells.map(str::to_owned).collect();
        table.row([thing].into_iter().chain(cells));
    }
    let mut text = table.render(width);
    for group in groups {
        // Writing to a string does not fail.
        if !group.declared {
            let _ = write!(text, "\n`{0}` has no table `[groups.{0}]`, so it starts everything", group.group);
        }
        if !group.idle.is_empty() {
            let idle = group.idle.join("`, `");
            let _ =
                write!(text, "\n`{}` also starts `{idle}`, which this program does not have", group.group);
        }
    }
    if text.ends_with('\n') { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use dyeline_router::{rules::StartKind, toml::Source};

    use super::*;

    #[test]
    fn everything_is_shown_in_every_group() {
        let text = "version = 1\n[services.ledger]\nonline = \"http://l:1\"\nbatch = \"http://b:1\"\n\
                    [groups.batch]\nstart = [\"http:*\", \"grpc:elsewhere\"]\n";
        let rules = Rules::read(&Source::new("rules.toml", text)).unwrap();
        let things = [(StartKind::Http, "api"), (StartKind::Processor, "accrue-income")];
        let inventory = Inventory::new(things.map(|(kind, name)| (kind, name.to_owned())));
        let all = starts(&inventory, &rules, None);
        insta::assert_snapshot!(starts_text(&inventory, &all, 100), @r"
        component                batch   online
        http:api                 starts  starts
        processor:accrue-income  -       starts

        `batch` also starts `grpc:elsewhere`, which this program does not have
        `online` has no table `[groups.online]`, so it starts everything
        ");
        let batch = starts(&inventory, &rules, Some("batch"));
        insta::assert_snapshot!(
            serde_json::to_string(&batch).unwrap(),
            @r#"[{"group":"batch","declared":true,"starts":["http:api"],"idle":["grpc:elsewhere"]}]"#
        );
    }
}
