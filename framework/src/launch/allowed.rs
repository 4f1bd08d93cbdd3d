//! Whether the groups that a plan runs in start the processors that it needs there.

use std::collections::BTreeSet;

use dyeline_engine::plan::Plan;
use dyeline_router::{
    rules::{Rules, StartKind},
    toml::{Mistake, Mistakes},
};

/// The code of this mistake; its page is under `docs/errors/`.
pub const NOT_STARTED: &str = "dyeline::launch::not_started";

/// Finds every processor of a plan that the group of its stage does not start.
pub(crate) fn check(plan: &Plan, rules: &Rules) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::new();
    let mut told = BTreeSet::new();
    for stage in &plan.stages {
        for node in &stage.nodes {
            let (group, processor) = (stage.group.as_str(), node.processor.as_str());
            let starts = rules.starts(group, StartKind::Processor, processor);
            if starts || !told.insert((group, processor)) {
                continue;
            }
            let table = rules.groups.iter().find(|rule| rule.name.value == group);
            let place = table.map(|table| table.name.place.clone());
            let message = format!(
                "node `{}` needs the processor `{processor}`, which group `{group}` does not start",
                node.name
            );
            let help = format!(
                "add `processor:{processor}` to its `start`, or run the stage elsewhere: by `--group`, by the node's \
                 `group`, or by `workers` in the chain's rules"
            );
            mistakes
                .push(Mistake::error(NOT_STARTED, message).at(place).label("does not start it").help(help));
        }
    }
    mistakes.or(Some(())).map(|_| ())
}
