//! Parameters are layered, typed and resolved, and end in the nodes that name them.

use dyeline::chain::{Chain, Given, ParamKind, difference, params_difference};
use insta::assert_snapshot;
use serde_json::json;

use crate::catalog::{FUND_INCOME, catalog, given, read, resolve};

#[test]
fn dates_are_days_and_paths_are_absolute() {
    let resolved = resolve(FUND_INCOME, &[("positions", "in/positions.csv")]);
    assert_eq!(resolved.params_typed, r#"{"date":"yesterday","positions":"in/positions.csv"}"#);
    assert_eq!(resolved.params_resolved, r#"{"date":"2026-11-20","positions":"/here/in/positions.csv"}"#);
    // What is given is relative to the current folder, what is written to the file.
    assert_eq!(resolved.node_params[0]["path"], "/here/in/positions.csv");
    assert_eq!(resolved.node_params[0]["shards"], 64);
    assert_eq!(resolved.node_params[2]["nav"], "/chains/nav/2026-11-20.csv");
    assert_eq!(resolved.node_params[4]["path"], "/chains/out/2026-11-20/");
    assert_eq!(resolved.node_settings[1].record.as_deref(), Some("Position"));
    assert_eq!(resolved.node_settings[2].live, ["fee"]);
}

#[test]
fn days_are_counted_in_the_time_zone_of_the_chain() {
    let text = FUND_INCOME.replace("version = \"3\"", "timezone = \"Asia/Shanghai\"");
    let chain = read(&text).unwrap();
    let mut given = given(&[("positions", "x"), ("date", "today")]);
    given.as_of = "2026-11-21T15:59:59Z".parse().unwrap();
    assert!(chain.resolve(&given).unwrap().params_resolved.contains("2026-11-21"));
    given.as_of = "2026-11-21T16:00:00Z".parse().unwrap();
    assert!(chain.resolve(&given).unwrap().params_resolved.contains("2026-11-22"));
}

#[test]
fn as_of_is_an_instant_or_a_day() {
    for (text, instant) in [
        ("2026-11-21T00:30:00+08:00", "2026-11-20T16:30:00Z"),
        ("2026-11-21T00:30:00Z", "2026-11-21T00:30:00Z"),
        ("2026-11-21", "2026-11-21T12:00:00Z"),
    ] {
        assert_eq!(Given::parse_as_of(text).unwrap().to_string(), instant, "{text}");
    }
    for text in ["", "yesterday", "2026-02-30", "2026-11-21T00:30:00", "21.11.2026"] {
        let mistakes = Given::parse_as_of(text).unwrap_err();
        assert!(mistakes.to_string().contains("no instant and no day"), "{text}: {mistakes}");
    }
}

#[test]
fn flags_go_before_variables_and_variables_before_defaults() {
    let chain = read(FUND_INCOME).unwrap();
    let mut given = given(&[]);
    given.env = Given::env_from([
        ("DYELINE__PARAMS__DATE".to_owned(), "-3d".to_owned()),
        ("DYELINE__PARAMS__POSITIONS".to_owned(), "/env.csv".to_owned()),
        ("PATH".to_owned(), "/bin".to_owned()),
    ]);
    let resolved = chain.resolve(&given).unwrap();
    assert_eq!(resolved.params_resolved, r#"{"date":"2026-11-18","positions":"/env.csv"}"#);
    given.params = vec![("date".into(), "today".into()), ("date".into(), "2026-02-01".into())];
    let resolved = chain.resolve(&given).unwrap();
    assert_eq!(resolved.params_typed, r#"{"date":"2026-02-01","positions":"/env.csv"}"#);
}

#[test]
fn all_that_is_given_wrongly_is_said_at_once() {
    let text = FUND_INCOME.replace(
        "[params]",
        "[params]\nshards = { type = \"integer\" }\npassword = { type = \"secret\" }\nrate = { type = \"decimal\" }\n\
         spare = { type = \"duration\" }",
    );
    let text = text.replace("shards    = 64", "shards    = \"{shards}\"");
    let text = text.replace(
        "after     = \"positions\"",
        "after = \"positions\"\ntoken = \"{password}\"\nfee = \"{rate}\"",
    );
    let text = text.replace("\"out/{date}/\"", "\"out/{date}/{spare}\"");
    let chain = read(&text).unwrap();
    let mut given = given(&[
        ("date", "2026-02-30"),
        ("shards", "many"),
        ("password", "hunter2"),
        ("rate", "1,5"),
        ("spare", "30"),
        ("postions", "x"),
    ]);
    given.env = vec![("OTHER".into(), "x".into())];
    let rendered = chain.resolve(&given).unwrap_err().to_string();
    assert!(!rendered.contains("hunter2"), "{rendered}");
    assert_snapshot!(rendered);
}

#[test]
fn a_value_that_is_known_only_now_is_checked_now() {
    let text = FUND_INCOME
        .replace("[params]", "[params]\nn = { type = \"integer\" }\nm = { type = \"integer\", default = 4 }")
        .replace("shards = 16", "shards = \"{n}\"")
        .replace("shards    = 64", "shards    = \"{m}\"");
    let chain = read(&text).unwrap();
    let given = |n| given(&[("positions", "x"), ("n", n)]);
    let resolved = chain.resolve(&given("16")).unwrap();
    assert_eq!(resolved.node_params[0]["shards"], 4);
    assert_snapshot!(chain.resolve(&given("1_000_000")).unwrap_err());
}

#[test]
fn values_keep_their_types() {
    let text = r#"[chain]
name = "types"
[params]
items = { type = "list", default = ["a", "b"] }
every = { type = "integer", default = 3 }
fee = { type = "decimal", default = 0.10 }
token = { type = "secret", default = "env:TOKEN" }
[nodes.split]
processor = "list-split"
items = "{items}"
[nodes.files]
processor = "csv-split"
path = "{{literal}}"
[nodes.load]
processor = "csv-load"
after = "files"
record = "Position"
[nodes.accrue]
processor = "accrue-income"
after = "load"
nav = "s3://prices/nav.csv"
fee = "{fee}"
token = "{token}"
[nodes.sample]
processor = "sample"
after = "accrue"
every = "{every}"
[nodes.write]
processor = "csv-write"
after = "sample"
path = "/out"
"#;
    let text = text.replace("[nodes.split]\nprocessor = \"list-split\"\nitems = \"{items}\"\n", "");
    let text = text.replace("items = { type = \"list\", default = [\"a\", \"b\"] }\n", "");
    let resolved = resolve(&text, &[]);
    assert_eq!(resolved.node_params[0]["path"], "/chains/{literal}");
    assert_eq!(
        json!(resolved.node_params[2]),
        json!({ "nav": "s3://prices/nav.csv", "fee": "0.1", "token": "env:TOKEN" })
    );
    assert_eq!(resolved.node_params[3]["every"], 3);
    // What any record passes through is still known behind it.
    assert_eq!(resolved.graph.nodes[4].inputs[0].record.name, "Income");
    assert_eq!(resolved.params_typed, r#"{"every":3,"fee":"0.1","token":"env:TOKEN"}"#);
}

#[test]
fn the_group_of_the_launch_goes_before_that_of_the_node_and_the_chain() {
    let text = FUND_INCOME.replace("version = \"3\"", "workers = \"batch\"");
    let text = text.replace("after     = \"by-fund\"", "after = \"by-fund\"\ngroup = \"files\"");
    let groups = |given: &Given| -> Vec<String> {
        let resolved = read(&text).unwrap().resolve(given).unwrap();
        resolved.graph.nodes.into_iter().map(|node| node.group).collect()
    };
    let mut given = given(&[("positions", "x")]);
    assert_eq!(groups(&given), ["batch", "batch", "batch", "batch", "files"]);
    given.group = Some("night".into());
    assert_eq!(groups(&given), ["night"; 5]);
    assert_eq!(resolve(FUND_INCOME, &[("positions", "x")]).graph.nodes[0].group, "default");
}

#[test]
fn policies_of_the_chain_hold_unless_a_node_says_otherwise() {
    let text = FUND_INCOME.replace(
        "version = \"3\"",
        "policy = { retry = { max = 9 }, timeout = \"1h\", cost = 0.25, checkpoint = \"200ms\" }",
    );
    let text = text
        .replace("after     = \"by-fund\"", "after = \"by-fund\"\npolicy = { timeout = \"2h\" }\ncost = 2");
    let nodes = resolve(&text, &[("positions", "x")]).graph.nodes;
    let policy = |node: usize| {
        let p = &nodes[node].policy;
        (
            p.retry.unwrap().max,
            p.timeout.unwrap().as_secs(),
            p.cost.unwrap(),
            p.checkpoint.unwrap().as_millis(),
        )
    };
    assert_eq!(policy(0), (9, 3_600, 250, 200));
    assert_eq!(policy(2), (5, 3_600, 250, 200));
    assert_eq!(policy(4), (9, 7_200, 2_000, 200));
    assert_eq!(nodes[2].policy.retry.unwrap().backoff_max.as_secs(), 30);
}

#[test]
fn the_same_chain_is_built_in_rust() {
    let built = Chain::builder("fund-income")
        .version("3")
        .folder("/chains")
        .input_or("date", ParamKind::Date, "yesterday")
        .input("positions", ParamKind::Path)
        .node("split", "csv-split")
        .param("path", "{positions}")
        .param("shards", 64)
        .node("positions", "csv-load")
        .after("split")
        .record("Position")
        .node("accrue", "accrue-income")
        .after("positions")
        .param("nav", "nav/{date}.csv")
        .set("skip", json!({ "limit": 100 }))
        .set("retry", json!({ "max": 5, "backoff": "200ms..30s" }))
        .node("by-fund", "sum-by-fund")
        .after("accrue")
        .exchange("fund_id", 16)
        .node("write", "csv-write")
        .after("by-fund")
        .param("path", "out/{date}/")
        .build(&catalog())
        .unwrap_or_else(|m| panic!("{m}"));
    let built = built.resolve(&given(&[("positions", "x")])).unwrap();
    let read = resolve(FUND_INCOME, &[("positions", "x")]);
    assert_eq!(built.canonical, read.canonical);
    assert_eq!((built.hash, built.node_params), (read.hash, read.node_params));
}

#[test]
fn a_chain_built_wrongly_shows_where() {
    let builder = Chain::builder("built")
        .node("load \"x\"", "csv-load")
        .record("Position")
        .node("join", "match")
        .after_at("left", "load \"x\"")
        .after_at("right", "lod")
        .node("write", "csv-write")
        .after("join")
        .after("joined")
        .param("path", "tab\there");
    assert_snapshot!(builder.build(&catalog()).unwrap_err());
}

#[test]
fn what_changed_between_two_chains_is_said() {
    let old = resolve(FUND_INCOME, &[("positions", "x")]);
    assert!(difference(&old.canonical, &old.canonical).is_empty());
    let text = FUND_INCOME
        .replace("version = \"3\"", "version = \"4\"")
        .replace("shards    = 64", "shards    = 32")
        .replace("shards = 16", "shards = 8")
        .replace("skip      = { limit = 100 }", "timeout = \"1h\"")
        .replace("nav       = \"nav/{date}.csv\"", "nav       = \"prices/{date}.csv\"\nfee = 0.5")
        .replace("after     = \"by-fund\"", "after = \"some\"")
        .replace(
            "[nodes.write]",
            "[nodes.some]\nprocessor = \"sample\"\nevery = 2\nafter = \"by-fund\"\n\n[nodes.write]",
        );
    let new = resolve(&text, &[("positions", "y"), ("date", "today")]);
    assert_ne!(old.hash, new.hash);
    let mut lines = difference(&old.canonical, &new.canonical);
    lines.extend(params_difference(&old.params_typed, &new.params_typed));
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_canonical_chain_does_not_depend_on_where_it_is_or_what_it_is_given() {
    let here = resolve(FUND_INCOME, &[("positions", "x")]);
    let there = resolve(FUND_INCOME, &[("positions", "/y"), ("date", "today")]);
    assert_eq!(here.canonical, there.canonical);
    assert_snapshot!(here.canonical);
}

#[test]
fn a_missing_file_a_folder_and_an_empty_file_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.toml");
    std::fs::write(&empty, "\n\n").unwrap();
    let missing = folder.path().join("missing.toml");
    let shown = |path: &std::path::Path| {
        let rendered = Chain::load(path, &catalog()).unwrap_err().to_string();
        rendered.replace(&folder.path().display().to_string(), "<folder>")
    };
    assert_snapshot!("missing", shown(&missing));
    assert_snapshot!("folder", shown(folder.path()));
    assert_snapshot!("empty-file", shown(&empty));
    let good = folder.path().join("good.toml");
    std::fs::write(&good, FUND_INCOME).unwrap();
    let chain = Chain::load(&good, &catalog()).unwrap();
    let resolved = chain.resolve(&given(&[("positions", "x")])).unwrap();
    let out = folder.path().join("out/2026-11-20/");
    assert_eq!(resolved.node_params[4]["path"], out.display().to_string());
}
