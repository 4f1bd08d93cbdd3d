//! `route`: rules files checked and explained.

use std::fs;

use crate::program::{Folder, stable};

const RULES: &str = r#"version = 1

[services.ledger]
online = "http://ledger:8080"
batch  = ["http://ledger-batch-0:8080", "http://ledger-batch-1:8080"]
next   = "http://ledger-next:8080"

[services.risk]
online = "grpc://risk:9000"
batch  = "grpc://risk-batch:9000"

[services.audit]
online = "http://audit:8080"

[topics.posted]
online = "posted"
batch  = "posted.batch"

[groups.batch]
start = ["processor:*", "consumer:posted"]

[chains.fund-income]
workers = "batch"
mode    = "strict"
[chains.fund-income.hops]
ledger           = { batch = 90, next = 10 }
risk             = "batch"
"ledger -> risk" = { batch = 100, if_down = ["online"] }
"topic:posted"   = "batch"

[[test]]
chain = "fund-income"
job   = "01J9Z"
path  = ["ledger:batch", "risk:batch", "topic:posted:batch"]

[[test]]
chain = "fund-income"
job   = "01J9Z"
from  = "ledger"
down  = ["risk:batch"]
path  = ["risk:online"]
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    fs::write(folder.path("rules.toml"), RULES).unwrap();
    let wrong = RULES.replace(r#"path  = ["risk:online"]"#, r#"path  = ["risk:batch"]"#);
    fs::write(folder.path("failing.toml"), wrong.replace("next = 10", "next = 11")).unwrap();
    let wrong = RULES.replace("risk             =", "rsik             =").replace("grpc://", "rpc://");
    fs::write(folder.path("wrong.toml"), wrong).unwrap();
    folder
}

#[test]
fn a_rules_file_is_checked_with_its_tests() {
    let (folder, _stable) = (folder(), stable());
    for (name, file, code) in [
        ("good", "rules.toml", 0),
        ("failing", "failing.toml", 2),
        ("wrong", "wrong.toml", 2),
        ("no", "no.toml", 2),
    ] {
        let called = folder.call(&["route", "check", file]);
        assert_eq!(called.code, Some(code), "{name}: {called:?}");
        insta::assert_snapshot!(format!("check_{name}"), called.shown());
    }
}

#[test]
fn programs_are_told_everything_in_one_document() {
    let folder = folder();
    let check = |file: &str| {
        let called = folder.call(&["route", "check", file, "--output", "json"]);
        (called.code, called.json())
    };
    let (code, good) = check("rules.toml");
    assert_eq!((code, &good["ok"], good["hops"].as_u64()), (Some(0), &true.into(), Some(4)));
    assert_eq!(good["mistakes"], serde_json::json!([]));
    let passed = |document: &serde_json::Value, n: usize| document["tests"][n]["passed"].as_bool();
    assert_eq!((passed(&good, 0), passed(&good, 1)), (Some(true), Some(true)));

    let (code, failing) = check("failing.toml");
    assert_eq!((code, &failing["ok"]), (Some(2), &false.into()));
    assert_eq!((passed(&failing, 0), passed(&failing, 1)), (Some(true), Some(false)));
    let codes = |document: &serde_json::Value| -> Vec<(String, Option<u64>)> {
        let list = document["mistakes"].as_array().unwrap().iter();
        list.map(|m| (m["code"].as_str().unwrap().to_owned(), m["line"].as_u64())).collect()
    };
    let weights = ("dyeline::rules::weights_sum".to_owned(), Some(26));
    assert_eq!(codes(&failing), [weights, ("dyeline::rules::failed_test".to_owned(), Some(41))]);

    let (code, wrong) = check("wrong.toml");
    assert_eq!((code, &wrong["ok"]), (Some(2), &false.into()));
    assert!(wrong["mistakes"].as_array().unwrap().len() >= 3, "{wrong}");
}

#[test]
fn the_path_of_a_job_is_explained() {
    let (folder, _stable) = (folder(), stable());
    let explain = ["route", "explain", "rules.toml", "--chain", "fund-income"];
    for (name, more) in [
        ("whole", &["--job", "01J9Z"][..]),
        ("version", &["--job", "01J9Z", "--version", "3", "--call", "risk"]),
        ("one call", &["--job", "01J9Z", "--call", "ledger -> risk", "--down", "risk:batch"]),
        ("caller", &["--roll", "95", "--call", "ledger", "--from", "risk"]),
        ("no rule", &["--job", "1", "--call", "risk -> audit"]),
    ] {
        let called = folder.call(&[&explain[..], more].concat());
        assert_eq!(called.code, Some(0), "{name}: {called:?}");
        insta::assert_snapshot!(format!("explain_{}", name.replace(' ', "_")), called.shown());
    }
    let json = folder.call(&[&explain[..], &["--job", "01J9Z", "--output", "json"]].concat()).json();
    assert_eq!((&json["lane"], &json["mode"]), (&"batch".into(), &"strict".into()));
    let hops: Vec<_> =
        json["path"].as_array().unwrap().iter().map(|hop| (&hop["hop"], &hop["group"])).collect();
    let expected = ["ledger", "risk", "topic:posted", "ledger -> risk"];
    assert_eq!(hops.iter().map(|(hop, _)| hop.as_str().unwrap()).collect::<Vec<_>>(), expected);
    assert!(hops.iter().all(|(_, group)| *group == "batch"), "{json}");
    assert_eq!(json["path"][0]["roll"].as_u64(), Some(dyeline_router::decide::job_roll("01J9Z")));
}

#[test]
fn names_that_the_rules_do_not_have_are_told_with_the_nearest() {
    let (folder, _stable) = (folder(), stable());
    let mut told = String::new();
    for words in [
        &["--chain", "fund-incme", "--job", "1"][..],
        &["--chain", "fund-income", "--job", "1", "--call", "legder"],
        &["--chain", "fund-income", "--job", "1", "--call", "riks -> ledger"],
        &["--chain", "fund-income", "--job", "1", "--down", "ledger:bacth"],
        &["--chain", "fund-income", "--job", "1", "--group", "bacth"],
        &["--chain", "fund-income", "--job", "1", "--down", "ledger"],
        &["--chain", "fund-income", "--job", "1", "--call", "->"],
        &["--chain", "fund-income"],
    ] {
        let called = folder.call(&[&["route", "explain", "rules.toml"], words].concat());
        assert_eq!(called.code, Some(2), "{words:?}: {called:?}");
        told += &format!("{}\n{}\n", words.join(" "), called.err);
    }
    insta::assert_snapshot!("explain_unknown", told);
}

#[test]
fn rules_are_exported_for_an_envoy_beside_each_caller() {
    let (folder, _stable) = (folder(), stable());
    let export = ["route", "export", "rules.toml", "--to", "envoy"];
    let ledger = folder.call(&[&export[..], &["--from", "ledger", "--group", "batch"]].concat());
    assert_eq!(ledger.code, Some(0), "{ledger:?}");
    insta::assert_snapshot!("export_envoy", ledger.shown());

    let json = folder
        .call(&[&export[..], &["--from", "ledger", "--group", "batch", "--output", "json"]].concat())
        .json();
    let named = json["not_expressed"].as_array().unwrap();
    assert!(named.iter().all(|gap| gap["code"] == "dyeline::export::not_expressed"), "{json}");
    assert!(named.iter().any(|gap| gap["line"] == 29 && gap["help"].is_string()), "{json}");
    assert_eq!(json["config"]["static_resources"]["listeners"][0]["name"], "outbound");

    let all = folder.call(&[&export[..], &["--out", "envoys"]].concat());
    assert_eq!((all.code, all.out.lines().count()), (Some(0), 6), "{all:?}");
    assert_eq!(fs::read_to_string(folder.path("envoys/ledger.batch.yaml")).unwrap(), ledger.out);
    let strict = folder.call(&[&export[..], &["--strict", "-q"]].concat());
    assert_eq!(strict.code, Some(2), "{strict:?}");
    assert!(strict.err.contains("dyeline::export::not_expressed") && !strict.out.is_empty(), "{strict:?}");
    for wrong in [&["--from", "legder"][..], &["--group", "bacth"], &["--listen", "here"]] {
        assert_eq!(folder.call(&[&export[..], wrong].concat()).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn rules_are_exported_for_an_istio() {
    let (folder, _stable) = (folder(), stable());
    let export = ["route", "export", "rules.toml", "--to", "istio"];
    let exported = folder.call(&export);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    insta::assert_snapshot!("export_istio", exported.shown());
    let json = folder.call(&[&export[..], &["--output", "json"]].concat()).json();
    let items = json["config"]["items"].as_array().unwrap();
    let kinds: Vec<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    let each = ["ServiceEntry", "DestinationRule", "VirtualService"];
    assert_eq!(kinds, [each, each, each].concat());
    // Weights that do not stick to a job and fallbacks are named where they are written.
    let named = json["not_expressed"].as_array().unwrap();
    for line in [26, 28, 29] {
        assert!(named.iter().any(|gap| gap["line"] == line), "{line}: {json}");
    }
    assert_eq!(folder.call(&[&export[..], &["--from", "ledger"]].concat()).code, Some(2));
}
