//! What is wrong with a chain file is said at once, at its place, with a way out.

use crate::catalog::{FUND_INCOME, mistakes, read};
use insta::assert_snapshot;

/// The chain of the design with one text replaced.
fn with(from: &str, to: &str) -> String {
    assert!(FUND_INCOME.contains(from), "`{from}` is not in the chain");
    mistakes(&FUND_INCOME.replacen(from, to, 1))
}

#[test]
fn five_mistakes_are_five() {
    let text = FUND_INCOME
        .replace("\"csv-split\"", "\"csv-splt\"")
        .replace("nav       =", "naw       =")
        .replace("\"fund_id\"", "\"fund\"")
        .replace("200ms..30s", "200ms..30")
        .replace("after     = \"by-fund\"", "after     = \"by-found\"");
    let rendered = mistakes(&text);
    // That `nav` is missing where `naw` is unknown are two sides of one slip.
    assert!(rendered.ends_with("\n5 mistakes\n"), "{rendered}");
    assert_snapshot!(rendered);
}

#[test]
fn an_unknown_processor_has_a_suggestion() {
    assert_snapshot!(with("\"csv-split\"", "\"csv-splt\""));
}

#[test]
fn a_misspelt_processor_key_is_one_mistake() {
    assert_snapshot!(with("processor = \"accrue-income\"", "procesor  = \"accrue-income\""));
}

#[test]
fn an_unknown_parameter_has_a_suggestion() {
    assert_snapshot!(with("shards    = 64", "shard     = 64"));
}

#[test]
fn a_parameter_of_the_wrong_type_says_what_is_expected() {
    assert_snapshot!(with("shards    = 64", "shards    = \"many\"\nquoted_newlines = 3"));
}

#[test]
fn a_parameter_that_is_missing_is_named() {
    assert_snapshot!(with("nav       = \"nav/{date}.csv\"", "fee = \"x\"\ntoken = \"hunter2\""));
}

#[test]
fn types_that_do_not_fit_are_both_named() {
    assert_snapshot!(with("after     = \"accrue\"", "after     = \"positions\""));
}

#[test]
fn a_cycle_is_named_in_the_order_of_the_data() {
    assert_snapshot!(mistakes(
        r#"[chain]
name = "round"
[nodes.load]
processor = "csv-load"
record = "Position"
[nodes.a]
processor = "check"
after = ["load", "c"]
[nodes.b]
processor = "check"
after = "a"
[nodes.c]
processor = "check"
after = "b"
"#
    ));
}

#[test]
fn an_unknown_node_has_a_suggestion() {
    assert_snapshot!(with("after     = \"by-fund\"", "after     = \"byfund\""));
}

#[test]
fn an_unknown_port_has_a_suggestion() {
    let branch = "[nodes.bad]\nprocessor = \"csv-write\"\nafter = \"inspect.rejectd\"\npath = \"bad\"\n\n\
                  [nodes.inspect]\nprocessor = \"check\"\nafter = \"positions\"\n\n[nodes.write]";
    assert_snapshot!(with("[nodes.write]", branch));
}

#[test]
fn a_join_needs_all_its_inputs() {
    let join = |after: &str| format!("[nodes.join]\nprocessor = \"match\"\nafter = {after}\n\n[nodes.write]");
    assert_snapshot!(with("[nodes.write]", &join("{ left = \"positions\" }")));
    assert_snapshot!(with("[nodes.write]", &join("{ left = \"positions\", write = \"accrue\" }")));
}

#[test]
fn a_shard_count_beyond_the_limit_names_it() {
    assert_snapshot!(with("shards    = 64", "shards    = 1_000_000"));
    assert_snapshot!(with("shards    = 64", "shards    = 0"));
    assert_snapshot!(with("shards = 16", "shards = 1_000_000"));
    assert_snapshot!(with("shards = 16", "shards = 0"));
    let most = FUND_INCOME.replace("shards    = 64", "shards    = 100_000");
    assert!(read(&most).is_ok());
}

#[test]
fn an_exchange_says_what_and_where() {
    for (name, exchange) in [
        ("no-shards", "{ by = \"fund_id\" }"),
        ("no-field", "{ shards = 16 }"),
        ("sorted-without-field", "{ sorted = true }"),
        ("sorted-with-shards", "{ by = \"fund_id\", sorted = true, shards = 4 }"),
        ("empty", "{}"),
        ("unknown-key", "{ by = \"fund_id\", shard = 16 }"),
        ("unknown-field", "{ by = \"fond_id\", shards = 16 }"),
        ("not-of-the-result", "{ by = \"user_id\", shards = 16 }"),
    ] {
        assert_snapshot!(name, with("{ by = \"fund_id\", shards = 16 }", exchange));
    }
}

#[test]
fn input_that_is_not_cut_by_its_key_is_a_warning() {
    let sorted = |split: &str, by: &str| {
        let text = FUND_INCOME
            .replace("{ by = \"fund_id\", shards = 16 }", &format!("{{ by = \"{by}\", sorted = true }}"));
        text.replace("shards    = 64", split)
    };
    assert_snapshot!(mistakes(&sorted("", "fund_id")));
    assert_snapshot!(mistakes(&sorted("on_key = \"user_id\"", "fund_id")));
    assert!(read(&sorted("on_key = \"fund_id\"", "fund_id")).unwrap().warnings().is_empty());
}

#[test]
fn units_are_read_or_explained() {
    let all = "skip      = { limt = 100 }\ntimeout = \"25h\"\ncheckpoint = \"200\"\nbarrier = { tolerate = \"2%%\" }\n\
               concurrency = 0\npriority = \"high\"\ncost = -1\nlabels = { a = 1 }\npolicy = { retri = 3 }";
    assert_snapshot!(with("skip      = { limit = 100 }", all));
}

#[test]
fn roles_follow_each_other() {
    assert_snapshot!(mistakes(
        r#"[chain]
name = "roles"
[nodes.split]
processor = "csv-split"
path = "x"
[nodes.unread]
processor = "csv-split"
path = "x"
[nodes.direct]
processor = "check"
after = "split"
[nodes.alone]
processor = "csv-write"
path = "out"
[nodes.behind]
processor = "sample"
every = 2
after = "alone"
[nodes.again]
processor = "csv-load"
record = "Position"
after = "direct"
"#
    ));
}

#[test]
fn a_loader_reads_the_shards_of_its_kind() {
    let list = "processor = \"list-split\"\nitems     = [\"{positions}\"]";
    assert_snapshot!(with("processor = \"csv-split\"\npath      = \"{positions}\"\nshards    = 64", list));
}

#[test]
fn records_are_named_where_they_are_needed_and_known() {
    assert_snapshot!(with("record    = \"Position\"\n", ""));
    assert_snapshot!(with("\"Position\"", "\"Postion\""));
    assert_snapshot!(with("nav       =", "record = \"Income\"\nnav       ="));
    assert_snapshot!(with("[nodes.split]", "[records.Trade]\nid = \"u64\"\n\n[nodes.split]"));
}

#[test]
fn what_comes_later_says_so() {
    assert_snapshot!(with(
        "skip      = { limit = 100 }",
        "rate = \"100/s\"\nisolate = \"process\"\nretain = \"1h\""
    ));
}

#[test]
fn parameters_are_declared_in_full() {
    assert_snapshot!(with(
        "date      = { type = \"date\", default = \"yesterday\" }",
        "date      = { type = \"date\", default = \"yesteday\" }\nDay = { type = \"string\" }\nn = { type = \"int\" }\n\
         m = { default = 3 }\nk = 5\nf = { type = \"integer\", default = \"x\", hlp = \"\" }"
    ));
}

#[test]
fn placeholders_name_parameters() {
    assert_snapshot!(with("\"nav/{date}.csv\"", "\"nav/{dat}.csv\""));
    assert_snapshot!(with("\"nav/{date}.csv\"", "\"nav/{date.csv\""));
    assert_snapshot!(with("shards    = 64", "shards    = \"{date}\""));
}

#[test]
fn a_parameter_that_nothing_uses_is_a_warning() {
    assert_snapshot!(with("[params]", "[params]\nspare = { type = \"string\", default = \"\" }"));
}

#[test]
fn the_head_is_checked() {
    assert_snapshot!(with(
        "name = \"fund-income\"\nversion = \"3\"",
        "nam = \"Fund Income\"\nversion = \"3 beta\"\ntimezone = \"Europe/Berln\"\nretain = \"0s\"\nworkers = \"A\"\n\
         schedule = { cron = \"30 0 * * *\", timezon = \"UTC\" }"
    ));
    assert_snapshot!(mistakes("x = 1\n"));
    assert_snapshot!(mistakes("chain = 1\nnodes = 2\nparams = 3\n"));
    assert_snapshot!(mistakes("[chain]\nname = \"Fund Income\"\n[nodes]\n"));
}

#[test]
fn a_file_that_is_not_toml_shows_all_of_it() {
    assert_snapshot!(mistakes(
        "[chain]\nname = fund-income\n\n[nodes.split]\nprocessor = \"csv-split\"\npath = \"a\"\npath = \"b\"\n\n\
         [nodes.split]\nprocessor = \"csv-load\n"
    ));
}

#[test]
fn a_file_that_is_cut_or_changed_anywhere_is_read_to_its_end() {
    let catalog = crate::catalog::catalog();
    let read = |text: String| {
        let source = dyeline_router::toml::Source::new("chain.toml", text);
        dyeline::chain::Chain::read(&source, std::path::Path::new("/chains"), &catalog)
    };
    let (mut wrong, mut right) = (0, 0);
    for at in 0..FUND_INCOME.len() {
        let (before, after) = FUND_INCOME.split_at(at);
        let tail = &after[1..];
        let changed =
            ["", "\"", "{", "}", "[", "=", "\n", "ü", "0"].map(|put| format!("{before}{put}{tail}"));
        for text in changed.into_iter().chain([before.to_owned(), after.to_owned()]) {
            match read(text) {
                Ok(_) => right += 1,
                Err(mistakes) => {
                    assert!(mistakes.errors() > 0);
                    // Drawing is slow, and depends on places alone.
                    assert!(at % 8 != 0 || !mistakes.to_string().is_empty());
                    wrong += 1;
                }
            }
        }
    }
    assert!(wrong > 1_000 && right > 100, "{wrong} wrong, {right} right");
}
