//! Rules files of any text: reading them never panics, and of those that can be read, each call's decision is what is
//! explained, leads to a group there is, and is the same with the next table made of them.
//!
//! `cargo fuzz run --sanitizer none rules`, in `router/`.

#![no_main]

use dyeline_router::{
    decide::{Ask, Belongs},
    health::Endpoints,
    rules::{Rules, check},
    table::Table,
    toml::Source,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Source::new("rules.toml", text);
    let rules = match Rules::read(&source) {
        Ok(rules) => rules,
        Err(mistakes) => {
            assert!(!mistakes.to_string().is_empty());
            return;
        }
    };
    let (table, again) =
        (Table::new(&rules, &Endpoints::default()), Table::new(&rules, &Endpoints::default()));
    let _ = check(&rules, &table).to_string();
    let targets: Vec<String> = rules.services.iter().map(|service| service.target()).collect();
    for ask in calls(&rules, &targets) {
        let decided = table.decide(&ask);
        let explained = table.explain(&ask);
        assert_eq!(explained.decision, decided, "{ask:?}");
        assert!(!explained.to_string().is_empty());
        // Of another table it is not the same decision, but it has to say the same.
        assert_eq!(again.explain(&ask).to_string(), explained.to_string());
        let Ok(decision) = decided else { continue };
        let service = rules.service(decision.service()).expect("a call went to a service that is not there");
        assert!(service.group(decision.group()).is_some(), "{decision:?}");
        let belongs = table.belongs(ask.iteration, ask.to, decision.group());
        assert!(decision.line().is_none() || belongs == Belongs::Yes, "{ask:?} {decision:?}");
    }
});

/// Calls between the first services and from outside, without a dye and with those of the first chains.
fn calls<'a>(rules: &'a Rules, targets: &'a [String]) -> impl Iterator<Item = Ask<'a>> {
    let first = |names: &'a [String]| names.iter().map(String::as_str).take(3);
    let iterations = rules.chains.iter().take(2).map(|chain| Some(chain.iteration.value.as_str()));
    iterations.chain([None, Some("gone@1")]).flat_map(move |iteration| {
        first(targets).chain(["nobody"]).flat_map(move |to| {
            first(targets).map(Some).chain([None]).zip(0..).map(move |(from, n)| Ask {
                iteration,
                job: (n % 2 == 0).then_some("job-1"),
                roll: (n % 3 == 0).then_some(n),
                from,
                group: (n % 2 == 1).then_some(rules.default_group.as_str()),
                to,
                chance: u64::MAX / (n + 1),
            })
        })
    })
}
