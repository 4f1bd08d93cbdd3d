//! Rules files as users write them: what reads, what is said of mistakes, and what their tests find.

use dyeline_router::{
    health::Endpoints,
    rules::{Rules, check},
    table::Table,
    toml::{Mistakes, Source},
};

/// A rules file as the pages show it.
const RULES: &str = include_str!("rules.toml");

fn mistakes(text: &str) -> Mistakes {
    let rules = match Rules::read(&Source::new("rules.toml", text)) {
        Ok(rules) => rules,
        Err(mistakes) => return mistakes,
    };
    check(&rules, &Table::new(&rules, &Endpoints::default()))
}

#[test]
fn the_file_of_the_pages_has_no_mistake() {
    let mistakes = mistakes(RULES);
    assert!(mistakes.is_empty(), "{mistakes}");
}

#[test]
fn every_mistake_is_told_at_once() {
    let found = mistakes(
        r#"
version = 2
defualt_group = "main"

[dye]
edge = "stripp"

[health]
failures = 0
success  = "150%"
backoff  = "60s..1s"

[services.ledger]
online = "ledger:8080"
batch  = []
helth  = { failures = 3 }
balance = "random"

[services.Risk]
online = "grpc://risk:9000"

[topics.posted]
online = "a b"

[groups.batch]
start = ["procesor:*", "consumer:"]

[chains."fund-income@"]
mode = "stric"

[chains.fund-income]
worker = "batch"
[chains.fund-income.hops]
"a -> b -> c" = "batch"
"topic:posted -> ledger" = "batch"
ledger = { batch = 0, next = 0 }
posted = { batch = -1, next = "10" }
other = 3
risk = {}

[[test]]
chain = "fund-income"
roll  = -1
path  = ["ledger", "topic:posted"]
"#,
    );
    insta::assert_snapshot!(found);
}

#[test]
fn names_that_lead_nowhere_are_told_with_the_nearest() {
    let found = mistakes(
        &RULES
            .replace("ledger           = {", "leger            = {")
            .replace("\"topic:posted\"   = \"batch\"", "\"topic:posted\"   = \"bacth\"")
            .replace("\"consumer:posted\"", "\"consumer:postd\"")
            .replace("\"ledger -> risk\" =", "\"ledger->risk\" = \"batch\"\n\"ledger -> risk\" =")
            .replace(
                "path  = [\"risk:online\"]",
                "path  = [\"risk:next\"]\n[[test]]\nchain = \"fund\"\njob = \"1\"\npath = []",
            ),
    );
    insta::assert_snapshot!(found);
}

#[test]
fn a_test_that_does_not_hold_says_why() {
    let text = RULES
        .replace("risk             = \"batch\"\n", "")
        .replace("batch = 90, next = 10", "batch = 9, next = 91");
    let text = text.replace("\"ledger -> risk\" = { batch = 100", "\"ledger -> risk\" = { online = 100");
    let found = mistakes(&text);
    insta::assert_snapshot!(found);
}

#[test]
fn what_is_probably_not_meant_is_a_warning_or_in_a_strict_chain_an_error() {
    let text = r#"
version = 1

[dye]
only_to = ["*.corp.internal", "a b"]
"#;
    let found = mistakes(text);
    assert!(found.to_string().contains("dyeline::dye::bad_host"), "{found}");
    let found = mistakes(
        r#"
version = 1

[dye]
only_to = ["*.corp.internal", "plain:9000"]

[services.ledger]
online = "http://ledger.corp.internal:8080"
batch  = ["http://ledger-0.corp.internal:8080", "http://ledger-1:8080"]
health = { max_ejected = "50%" }

[services.risk]
online = "grpc://plain:9000"
batch  = "grpc://plain:9001"

[topics.posted]
online = "posted"
batch  = "posted.batch"
next   = "posted.next"

[groups.batch]
start = ["processor:*", "consumer:posted"]
[groups.next]
start = ["processor:*"]
[groups.bacth]
start = ["http:*"]

[chains.strict]
workers = "betch"
[chains.strict.hops]
risk             = { batch = 60, online = 50, if_down = ["online", "online"] }
ledger           = { batch = 1, if_down = ["batch"] }
"gone -> risk"   = "batch"
"topic:posted"   = { next = 1, if_down = "batch" }

[chains.open]
workers = "betch"
mode    = "permissive"
[chains.open.hops]
risk           = "online"
"ledger -> risk" = "online"
"topic:posted" = "next"

[services.gone]
online = "http://gone.corp.internal"
"#,
    );
    insta::assert_snapshot!(found);
}

#[test]
fn the_file_of_the_page_is_the_one_that_is_tested() {
    let page = include_str!("../../docs/lanes/rules.md");
    let shown = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let found = mistakes(shown);
    assert!(found.is_empty(), "{found}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(lines in proptest::collection::vec(line(), 0..30)) {
        // What reads is also compiled, checked and asked.
        let _ = mistakes(&lines.join("\n")).to_string();
    }
}

/// A line that could stand in a rules file, or nearly.
fn line() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let known: Vec<&'static str> = RULES.lines().collect();
    let known = proptest::sample::select(known);
    let cut = (known.clone(), 0usize..60).prop_map(|(line, at)| line.chars().take(at).collect());
    prop_oneof![6 => known.prop_map(str::to_owned), 1 => cut, 1 => ".{0,40}"]
}
