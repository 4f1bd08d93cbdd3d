//! The file's own tests: each is walked hop by hop through the table.

use crate::{
    decide::{Ask, Downed, job_roll},
    rules::{Placed, Rules, Step, TOPIC, TestRule, code},
    table::Table,
    toml::{Mistake, Mistakes},
};

/// Runs every test.
pub(super) fn tests(rules: &Rules, table: &Table, mistakes: &mut Mistakes) {
    for test in &rules.tests {
        walk(table, test, mistakes);
    }
}

/// Walks a test's path; its first step that is not so is its mistake, since the ones after it start elsewhere.
fn walk(table: &Table, test: &TestRule, mistakes: &mut Mistakes) {
    let mut down = Downed::default();
    for step in &test.down {
        down.add(table, &step.value.to, &step.value.group);
    }
    let iteration = test.iteration.value.as_str();
    let roll = test.roll.or_else(|| test.job.as_deref().map(job_roll));
    let mut from = test.from.as_ref().map(|from| from.value.as_str());
    let mut group = table.workers(iteration);
    for step in &test.path {
        let to = step.value.to.as_str();
        let ask = Ask {
            iteration: Some(iteration),
            job: test.job.as_deref(),
            roll: test.roll,
            from,
            group: Some(group),
            to,
            chance: roll.unwrap_or_default(),
        };
        let explanation = table.explain_with(&ask, &down);
        let found = match &explanation.decision {
            Ok(decision) if decision.group() == step.value.group => {
                group = decision.group();
                // Who reads a topic is not told by it.
                from = Some(to).filter(|to| !to.starts_with(TOPIC));
                continue;
            }
            Ok(decision) => format!("to `{}`", decision.group()),
            Err(_) => "nowhere".to_owned(),
        };
        let why = match &explanation.decision {
            Ok(_) => explanation.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            Err(error) => error.to_string(),
        };
        mistakes.push(failed(step, test, &found, why));
        return;
    }
}

fn failed(step: &Placed<Step>, test: &TestRule, found: &str, why: String) -> Mistake {
    let Step { to, group } = &step.value;
    let message =
        format!("a test of chain `{}` wants `{to}` in `{group}`, and it goes {found}", test.iteration.value);
    let mistake = Mistake::error(code::FAILED_TEST, message).at(step.place.clone());
    mistake.label(format!("goes {found}")).help(why)
}
