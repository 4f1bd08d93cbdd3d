//! The checks see what they are for: each finds what is planted, at its line, and nothing beside it.

use std::collections::{BTreeMap, BTreeSet};

use dyeline_tests::tidy::{Finding, Ratchet, RustFile, Tree, check, report};

/// The places of findings, as `file:line`, in order.
fn places(findings: Vec<Finding>) -> Vec<String> {
    let mut places: Vec<String> = findings.iter().map(|f| format!("{}:{}", f.file, f.line)).collect();
    places.sort();
    places
}

/// Puts texts into a file of the engine, and gives the lines a check finds there.
fn lines(check: impl Fn(&Tree) -> Vec<Finding>, text: &str) -> Vec<usize> {
    let tree = Tree::of(&[("framework/engine/src/planted.rs", text)]);
    let mut lines: Vec<usize> = check(&tree).iter().map(|f| f.line).collect();
    lines.sort_unstable();
    lines
}

fn none() -> Ratchet {
    Ratchet::default()
}

#[test]
fn a_finding_says_where_what_why_and_what_to_do() {
    let text = report(vec![Finding::new("a.rs", 3, "a thing", "a reason", "another thing")]);
    assert_eq!(text, "a.rs:3: a thing\n    why: a reason\n    do:  another thing\n");
}

#[test]
fn code_is_told_from_comments_and_literals() {
    let check = |text: &str, code: &str| assert_eq!(RustFile::new("a.rs", text).code, code);
    check("a // b\nc", "a     \nc");
    check("/* a /* b */ c */ d", "                  d");
    check(r#"x("a{\"b", 'c', '\'', b"d")"#, r#"x("     ", ' ', '  ', b" ")"#);
    check(r##"r#"a"b"# + r#if"##, r##"r#"   "# + r#if"##);
    check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
    check("'é' '{' '\u{1F600}'", "'  ' ' ' '    '");
    check("\"open", "\"    ");
    let literals = RustFile::new("a.rs", r##"f("a", r#"b"#)"##).literals;
    assert_eq!(literals.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn functions_are_measured_from_their_name_to_their_brace() {
    let text = "trait T {\n    fn a(&self);\n    fn b(x: [u8; 2]) -> u8 {\n        \"}\"; // }\n        0\n    }\n}\n";
    let functions = RustFile::new("a.rs", text).functions();
    assert_eq!(functions.iter().map(|f| (f.name.as_str(), f.lines)).collect::<Vec<_>>(), [("b", 4)]);
}

#[test]
fn large_files_and_functions_are_found() {
    let long = format!("//! Doc.\n\nfn long() {{\n{}}}\n", "    x();\n".repeat(69));
    assert_eq!(lines(|t| check::function_sizes(t, &none()), &long), [3]);
    let fits = format!("//! Doc.\n\nfn fits() {{\n{}}}\n", "    x();\n".repeat(68));
    assert_eq!(lines(|t| check::function_sizes(t, &none()), &fits), Vec::<usize>::new());
    assert_eq!(lines(|t| check::file_sizes(t, &none()), &"//! x\n".repeat(501)), [1]);
    let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "//! x\n".repeat(499), "// x\n".repeat(40));
    assert_eq!(lines(|t| check::file_sizes(t, &none()), &tested), Vec::<usize>::new());
}

#[test]
fn a_ratchet_turns_one_way() {
    let tree = Tree::of(&[("framework/src/a.rs", &"//! x\n".repeat(600))]);
    let judged = |line: &str| places(check::file_sizes(&tree, &Ratchet::parse(line)));
    assert_eq!(judged("file-lines framework/src/a.rs 600"), Vec::<String>::new());
    assert_eq!(judged("file-lines framework/src/a.rs 599"), ["framework/src/a.rs:1"]);
    assert_eq!(judged("# a comment\nfile-lines framework/src/a.rs 601"), ["tests/src/tidy/ratchet.txt:2"]);
    assert_eq!(judged(""), ["framework/src/a.rs:1"]);
    let gone = "file-lines framework/src/a.rs 600\nfile-lines framework/src/b.rs 600\nnonsense";
    assert_eq!(judged(gone), ["tests/src/tidy/ratchet.txt:2", "tests/src/tidy/ratchet.txt:3"]);
}

#[test]
fn modules_without_a_sentence_are_found() {
    assert_eq!(lines(check::module_docs, "//! What it is for.\n"), Vec::<usize>::new());
    for text in ["use std::fs;\n", "", "//!\n", "// Not a doc.\n"] {
        assert_eq!(lines(check::module_docs, text), [1], "{text:?}");
    }
}

#[test]
fn logic_in_roots_is_found() {
    let root =
        "//! Doc.\nmod a;\npub trait T {\n    fn f(&self);\n}\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    let derive = "//! Doc.\n/// Doc.\n#[proc_macro_derive(Record, attributes(record))]\npub fn record(i: T) -> T { i }\n";
    let logic = "//! Doc.\n\npub fn f() {}\nimpl T for A {\n    fn g() {}\n}\n";
    let tree = Tree::of(&[
        ("framework/src/fine/mod.rs", root),
        ("processors/derive/src/lib.rs", derive),
        ("framework/src/lib.rs", logic),
    ]);
    assert_eq!(places(check::tables_of_contents(&tree, &none())), ["framework/src/lib.rs:3"]);
    let two = Ratchet::parse("functions-in-root framework/src/lib.rs 2");
    assert_eq!(places(check::tables_of_contents(&tree, &two)), Vec::<String>::new());
}

#[test]
fn empty_names_are_found() {
    let text =
        "//! Doc.\nstruct JobManager;\nenum Utility { A }\nmod helpers;\ntype CommonRow = u8;\nstruct Row;\n";
    assert_eq!(lines(check::names, text), [2, 4, 5]);
    let tree =
        Tree::of(&[("framework/src/util.rs", "//! Doc.\n"), ("framework/src/utility.rs", "//! Doc.\n")]);
    assert_eq!(places(check::names(&tree)), ["framework/src/util.rs:1"]);
}

#[test]
fn allowed_lints_are_found() {
    let text =
        "//! #[allow(x)]\n#![allow(dead_code)]\n#[expect(a, reason = \"b\")]\n#[allow(b)]\nfn allow() {}\n";
    assert_eq!(lines(check::attributes, text), [2, 4]);
}

#[test]
fn unfinished_work_is_found() {
    let text = "//! Doc.\nfn f() { todo!() }\n// TODO later\nconst A: &str = \"TODO\";\n#[ignore]\nfn g() { dbg!(1) }\n";
    assert_eq!(lines(check::unfinished, text), [2, 3, 5, 6]);
    assert_eq!(lines(check::unfinished, "//! Doc.\n#[ignore = \"is slow\"]\nfn f() {}\n"), [2]);
}

#[test]
fn sleeping_tests_are_found() {
    let text = "//! Doc.\nfn f() { thread::sleep(d) }\n#[cfg(test)]\nmod tests {\n    fn g() { std::thread::sleep(d) }\n}\n";
    assert_eq!(lines(check::sleeps, text), [5]);
    let tree = Tree::of(&[
        ("tests/tests/a.rs", "//! Doc.\nfn f() { tokio::time::sleep(d) }\n"),
        ("tests/src/program.rs", "//! Doc.\nfn f() { thread::sleep(d) }\n"),
    ]);
    assert_eq!(places(check::sleeps(&tree)), ["tests/tests/a.rs:2"]);
}

#[test]
fn an_impure_engine_is_found() {
    let text = "//! A HashMap.\nuse std::collections::HashMap;\nfn f() { Instant::now(); operand(); }\nuse rand::Rng;\n";
    assert_eq!(lines(check::purity, text), [2, 3, 4]);
    let tree = Tree::of(&[("framework/src/a.rs", text)]);
    assert_eq!(places(check::purity(&tree)), Vec::<String>::new());
}

#[test]
fn writes_past_the_file_layer_are_found() {
    let text = "//! Doc.\nfn f() { fs::write(a, b); }\nfn g() { file.sync_all(); }\n#[cfg(test)]\nmod tests {\n    fn h() { fs::write(a, b); }\n}\n";
    assert_eq!(lines(check::disk_layer, text), [2, 3]);
    let tree = Tree::of(&[("processors/src/disk/real.rs", text), ("tests/src/a.rs", text)]);
    assert_eq!(places(check::disk_layer(&tree)), Vec::<String>::new());
}

const LAYER: (&str, &str) = (
    "processors/src/disk/point.rs",
    "//! Doc.\npub enum SyncPoint {\n    /// One.\n    One,\n    Two,\n    Three,\n}\n",
);

#[test]
fn syncs_without_one_place_and_one_test_are_found() {
    let product = "//! Doc.\nfn f() { a.sync(SyncPoint::One); }\nfn g() { b.sync_dir(p, SyncPoint::Two); }\n\
                   fn h() { c.sync(SyncPoint::Two); }\n";
    let proofs = "//! Doc.\nconst A: [P; 2] = [p(SyncPoint::One, \"one_is_needed\"),\np(SyncPoint::Two, \"gone_is_needed\")];\n";
    let tests = "//! Doc.\n#[test]\nfn one_is_needed() {}\nfn gone_is_needed() {}\n";
    let tree = Tree::of(&[
        LAYER,
        ("framework/src/a.rs", product),
        ("tests/src/disk/proofs.rs", proofs),
        ("tests/tests/syncs.rs", tests),
    ]);
    let found = places(check::sync_points(&tree, &none()));
    // `Two` has two places, and its proof is no test; `Three` has neither a place nor a proof.
    let layer = "processors/src/disk/point.rs:6";
    assert_eq!(found, ["framework/src/a.rs:4", layer, layer, "tests/src/disk/proofs.rs:3"]);
    assert_eq!(places(check::sync_points(&Tree::default(), &none())), ["processors/src/disk/:1"]);
}

#[test]
fn syncs_that_are_passed_along_are_found() {
    let text = "//! Doc.\nfn f(point: SyncPoint) { file.sync(point) }\nfn g() { disk.sync_dir(&p(), SyncPoint::One) }\n";
    assert_eq!(lines(check::syncs_elsewhere, text), [2]);
}

#[test]
fn codes_and_pages_that_do_not_meet_are_found() {
    let source = "//! Doc.\nconst A: &str = \"dyeline::chain::cycle\";\nconst B: &str = \"dyeline::chain::lost\";\n\
                  #[diagnostic(code(dyeline::log::full))]\nconst N: &str = \"dyeline::chain\";\n\
                  #[cfg(test)]\nmod tests {\n    const T: &str = \"dyeline::only::tested\";\n}\n";
    let tree = Tree::of(&[
        ("framework/src/a.rs", source),
        ("docs/errors/dyeline.chain.cycle.md", "# dyeline::chain::cycle\n"),
        ("docs/errors/dyeline.log.full.md", "# another title\n"),
        ("docs/errors/dyeline.chain.gone.md", "# dyeline::chain::gone\n"),
        (
            "docs/errors/README.md",
            "[a](dyeline.chain.cycle.md) [b](dyeline.log.full.md) [c](dyeline.chain.gone.md)\n",
        ),
    ]);
    let expected =
        ["docs/errors/dyeline.chain.gone.md:1", "docs/errors/dyeline.log.full.md:1", "framework/src/a.rs:3"];
    assert_eq!(places(check::codes(&tree)), expected);
    let unlisted = Tree::of(&[
        ("framework/src/a.rs", "//! Doc.\nconst A: &str = \"dyeline::chain::cycle\";\n"),
        ("docs/errors/chain-cycle.md", "# dyeline::chain::cycle\n"),
    ]);
    // Neither under its name nor in the index.
    assert_eq!(places(check::codes(&unlisted)), ["docs/errors/README.md:1", "docs/errors/chain-cycle.md:1"]);
}

#[test]
fn invariants_that_only_one_side_knows_are_found() {
    let source = "//! Doc.\nconst A: &str = \"E1-one-live-lease\";\nconst B: &str = \"E2-counts-sum\";\nconst C: &str = \"plain-words\";\n";
    let page = "# A\n\n## Invariants\n\n| id | promise |\n| --- | --- |\n| `E1-one-live-lease` | x |\n| `E3-no-more` | y |\n\n## B\n\n| `E4-not-one` | z |\n";
    let tree = Tree::of(&[("framework/engine/src/invariant.rs", source), ("docs/ARCHITECTURE.md", page)]);
    assert_eq!(
        places(check::invariants(&tree)),
        ["docs/ARCHITECTURE.md:8", "framework/engine/src/invariant.rs:3"]
    );
    assert_eq!(places(check::invariants(&Tree::default())), ["framework/engine/src/invariant.rs:1"]);
}

#[test]
fn commands_that_no_page_names_are_found() {
    let args = "//! Doc.\npub(super) enum Command {\n    /// Run.\n    Launch(LaunchArgs),\n    #[command(flatten)]\n    Watch {\n        job: String,\n    },\n    DeadLetters,\n}\n";
    let check = |page: &str| {
        let tree = Tree::of(&[("framework/src/cli/args.rs", args), ("docs/commands.md", page)]);
        places(check::commands(&tree))
    };
    assert_eq!(check("`launch FILE`, `dyeline watch JOB`, `dead-letters`"), Vec::<String>::new());
    let expected = ["framework/src/cli/args.rs:4", "framework/src/cli/args.rs:9"];
    assert_eq!(check("`launches`, `watch`, `dead`"), expected);
    assert_eq!(places(check::commands(&Tree::default())), ["framework/src/cli/args.rs:1"]);
}

#[test]
fn exit_codes_that_only_one_side_knows_are_found() {
    let source = "//! Doc.\nfn code(self) -> u8 {\n    match self {\n        Self::Done => 0,\n        Self::Bug => 70,\n    }\n}\n";
    let check = |page: &str| {
        let tree = Tree::of(&[
            ("framework/src/cli/exit.rs", source),
            ("docs/exit-codes.md", page),
            ("README.md", "| 0 | done |\n| 70 | a bug |\n"),
        ]);
        places(check::exit_codes(&tree))
    };
    assert_eq!(check("| code | means |\n| 0 | done |\n| 70 | a bug |\n"), Vec::<String>::new());
    assert_eq!(check("| 0 | done |\n| 71 | a bug |\n"), ["docs/exit-codes.md:1", "docs/exit-codes.md:1"]);
    assert_eq!(places(check::exit_codes(&Tree::default())), ["framework/src/cli/exit.rs:1"]);
}

#[test]
fn a_strange_top_is_found() {
    let mut tree = Tree::default();
    for name in [".ci/run", "Cargo.lock", "Cargo.toml", "README.md", "clippy.toml", "rustfmt.toml"] {
        tree.add(name, "");
    }
    for name in ["docs/a", "examples/a", "framework/a", "processors/a", "router/a", "tests/a", "scripts/a"] {
        tree.add(name, "");
    }
    assert_eq!(places(check::layout(&tree)), ["LICENSE:1", "scripts:1"]);
}

#[test]
fn links_that_lead_nowhere_are_found() {
    let page = "[a](b.md) [b](../README.md#here-it-is) [c](gone.md)\n\n```\n[no](no.md)\n```\n`[no](no.md)` [`d`](gone.md)\n\
                [e](b.md#nowhere) [f](https://example.org/x) [g](#a-title)\n\n## A title\n";
    let tree = Tree::of(&[("docs/a.md", page), ("docs/b.md", "# B\n"), ("README.md", "# Here it is!\n")]);
    assert_eq!(places(check::links(&tree)), ["docs/a.md:1", "docs/a.md:6", "docs/a.md:7"]);
}

fn package(name: &str, manifest: &str, needs: &[&str]) -> check::Package {
    let needs = needs.iter().map(|n| (*n).to_owned()).collect();
    check::Package {
        name: name.to_owned(),
        manifest: manifest.to_owned(),
        needs,
        tests_need: BTreeSet::new(),
    }
}

/// The workspace as the design has it.
fn designed() -> Vec<check::Package> {
    vec![
        package("dyeline-router", "router/Cargo.toml", &["toml"]),
        package("dyeline-derive", "processors/derive/Cargo.toml", &["syn"]),
        package("dyeline-processors", "processors/Cargo.toml", &["dyeline-router", "dyeline-derive"]),
        package("dyeline-engine", "framework/engine/Cargo.toml", &["prost"]),
        package("dyeline", "framework/Cargo.toml", &["dyeline-engine", "dyeline-processors"]),
        package("dyeline-tests", "tests/Cargo.toml", &["dyeline", "dyeline-engine"]),
        package("bench-loop", "tests/bench/loop/Cargo.toml", &["libc"]),
        package("bench-shards", "tests/bench/shards/Cargo.toml", &["dyeline"]),
        package("fund-income", "examples/fund-income/Cargo.toml", &["dyeline"]),
        package("lanes", "examples/lanes/Cargo.toml", &["dyeline", "dyeline-router"]),
    ]
}

#[test]
fn edges_the_design_does_not_have_are_found() {
    assert_eq!(places(check::edges(&designed())), Vec::<String>::new());
    let mut wrong = designed();
    wrong[0].needs.insert("dyeline-engine".to_owned());
    wrong[8].needs.insert("dyeline-processors".to_owned());
    wrong[3].tests_need.insert("dyeline".to_owned());
    wrong.push(package("dyeline-extra", "extra/Cargo.toml", &[]));
    let expected = [
        "examples/fund-income/Cargo.toml:1",
        "extra/Cargo.toml:1",
        "framework/engine/Cargo.toml:1",
        "router/Cargo.toml:1",
    ];
    assert_eq!(places(check::edges(&wrong)), expected);
    assert_eq!(places(check::edges(&designed()[1..])), ["Cargo.toml:1"]);
}

#[test]
fn what_stands_behind_the_engine_is_found() {
    let lock = "[[package]]\nname = \"prost\"\ndependencies = [\n \"bytes\",\n]\n\n\
                [[package]]\nname = \"bytes\"\ndependencies = [\n \"rand_core 0.9.0\",\n]\n";
    let tree = Tree::of(&[("Cargo.lock", lock)]);
    assert_eq!(places(check::outside(&designed(), &Tree::default())), Vec::<String>::new());
    let found = check::outside(&designed(), &tree);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("`rand_core` stands behind"), "{found:?}");
    let mut direct = designed();
    direct[3].needs.insert("tokio".to_owned());
    assert_eq!(check::outside(&direct, &Tree::default()).len(), 2);
    let circle = BTreeMap::from([("a".to_owned(), BTreeSet::from(["a".to_owned()]))]);
    assert_eq!(check::closure(&circle, &BTreeSet::from(["a".to_owned()])).len(), 1);
}

#[test]
fn reserved_keys_that_differ_are_found() {
    let found = |read: &str, refused: &str| {
        let read =
            format!("//! Doc.\npub const RESERVED_KEYS: &[&str] = &[{read}];\nconst X: &str = \"x\";\n");
        let refused = format!("pub(crate) const RESERVED: &[&str] = &[{refused}];\n");
        let files = [
            ("framework/src/chain/draft.rs", read.as_str()),
            ("processors/derive/src/names.rs", refused.as_str()),
        ];
        places(check::reserved_keys(&Tree::of(&files)))
    };
    assert_eq!(found("\"a\", \"b\"", "\"b\", \"a\""), Vec::<String>::new());
    assert_eq!(found("\"a\"", "\"a\", \"b\""), ["framework/src/chain/draft.rs:2"]);
    assert_eq!(found("\"a\", \"b\"", "\"a\""), ["processors/derive/src/names.rs:1"]);
    let gone = ["framework/src/chain/draft.rs:1", "processors/derive/src/names.rs:1"];
    assert_eq!(places(check::reserved_keys(&Tree::default())), gone);
}
