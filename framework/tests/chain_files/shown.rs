//! Plans and processors as a person sees them.

use dyeline::chain::{listing, show};
use insta::assert_snapshot;

use crate::catalog::{FUND_INCOME, catalog, given, read, resolve};

/// A chain with everything that cuts: a branch, a join behind exchanges, a barrier, a change of group, a gather.
const CUTS: &str = r#"[chain]
name = "cuts"

[nodes.split]
processor = "csv-split"
path = "x"

[nodes.load]
processor = "csv-load"
after = "split"
record = "Position"

[nodes.check]
processor = "check"
after = "load"

[nodes.bad]
processor = "csv-write"
after = "check.rejected"
path = "bad"

[nodes.accrue]
processor = "accrue-income"
after = "check"
nav = "nav.csv"
group = "prices"

[nodes.match]
processor = "match"
after = { left = "check", right = "accrue" }
exchange = { by = "user_id", shards = 1000 }

[nodes.both]
processor = "sample"
after = ["match", "pass"]
every = 2

[nodes.pass]
processor = "sample"
after = "match"
every = 3
barrier = { tolerate = "1.5%" }

[nodes.sums]
processor = "sum-by-fund"
after = "both"

[nodes.write]
processor = "csv-write"
after = "sums"
path = "out"
"#;

fn shown(text: &str, how: fn(&dyeline_engine::plan::Plan, &dyeline::chain::Resolved) -> String) -> String {
    let chain = read(text).unwrap_or_else(|m| panic!("{m}"));
    let resolved = chain.sketch(&given(&[])).unwrap_or_else(|m| panic!("{m}"));
    how(&chain.plan(&resolved).unwrap_or_else(|m| panic!("{m}")), &resolved)
}

#[test]
fn a_plan_is_a_tree() {
    assert_snapshot!(shown(FUND_INCOME, show::tree));
    assert_snapshot!(shown(CUTS, show::tree));
    let sorted =
        FUND_INCOME.replace("{ by = \"fund_id\", shards = 16 }", "{ by = \"fund_id\", sorted = true }");
    assert_snapshot!(shown(&sorted, show::tree));
}

#[test]
fn a_plan_is_a_drawing() {
    assert_snapshot!(shown(CUTS, show::dot));
    assert_snapshot!(shown(CUTS, show::mermaid));
}

#[test]
fn a_checked_chain_is_summed_up() {
    let summary = |text: &str| {
        let chain = read(text).unwrap();
        let plan = chain.plan(&chain.sketch(&given(&[])).unwrap()).unwrap();
        show::summary(&chain, &plan)
    };
    assert_snapshot!(summary(FUND_INCOME));
    assert_snapshot!(summary(CUTS));
}

#[test]
fn inputs_with_different_shards_are_a_mistake_at_the_node() {
    let text = CUTS.replace("after = [\"match\", \"pass\"]", "after = [\"match\", \"accrue\"]");
    assert_snapshot!(crate::catalog::mistakes(&text));
}

#[test]
fn a_plan_reads_back_from_what_is_logged() {
    let chain = read(CUTS).unwrap();
    let plan = chain.plan(&resolve(CUTS, &[])).unwrap();
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<dyeline_engine::plan::Plan>(&text).unwrap(), plan);
}

#[test]
fn processors_are_listed() {
    assert_snapshot!(listing::text(&catalog()));
    assert_snapshot!(listing::one_text(&catalog(), "accrue-income").unwrap());
    assert_snapshot!(listing::one_text(&catalog(), "csv-load").unwrap());
    assert_snapshot!(listing::one_text(&catalog(), "csv-lod").unwrap_err());
    let one = listing::one_json(&catalog(), "accrue-income").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&one).unwrap());
    assert_eq!(listing::json(&catalog())["processors"].as_array().unwrap().len(), 9);
}
