//! A checked chain in a line or two.

use dyeline_engine::plan::{Plan, Source};

use crate::chain::Chain;

/// `ok`, what the chain consists of, and which parameters a launch has to give.
pub fn summary(chain: &Chain, plan: &Plan) -> String {
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let name = match chain.version() {
        Some(version) => format!("{}@{version}", chain.name()),
        None => chain.name().to_owned(),
    };
    let publishers = plan.stages.iter().filter(|stage| matches!(stage.source, Source::Parts(..))).count();
    let atomic = plan.stages.iter().filter(|stage| stage.atomic).count();
    let stages = plan.stages.len() - publishers;
    let mut text =
        format!("ok: {name} has {} in {}", count(chain.nodes.len(), "node"), count(stages, "stage"));
    if atomic > 0 {
        text.push_str(&format!(", {atomic} of them atomic"));
    }
    if publishers > 0 {
        text.push_str(&format!(", and publishes {}", count(publishers, "output")));
    }
    text.push('\n');
    let to_give: Vec<&str> = chain
        .params()
        .iter()
        .filter(|param| param.default.is_none())
        .map(|param| param.name.as_str())
        .collect();
    if !chain.params().is_empty() {
        text.push_str(&count(chain.params().len(), "parameter"));
        if !to_give.is_empty() {
            text.push_str(&format!("; to be given: {}", to_give.join(", ")));
        }
        text.push('\n');
    }
    text
}
