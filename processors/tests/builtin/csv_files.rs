//! `csv-split` and `csv-load`: every row exactly once, whatever the file and however it is cut.

use std::path::{Path, PathBuf};

use dyeline_processors::{
    builtin::{csv::row_number_at, shards::FileRange},
    contract::{DeadLetter, RecordType},
    disk::os_disk,
    prelude::Record,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shared::{build, context, load_all, loader, run, split};

#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[record(name = "BuiltinCsvRow")]
struct Row {
    key: String,
    text: String,
    n: u32,
}

fn row_type() -> RecordType {
    RecordType::of::<Row>()
}

fn file(dir: &tempfile::TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn ranges(shards: &[Vec<u8>]) -> Vec<FileRange> {
    shards.iter().map(|s| serde_json::from_slice(s).unwrap()).collect()
}

/// All rows of all shards in order, loaded in chunks of `chunk_rows`.
fn load_shards(shards: &[Vec<u8>], chunk_rows: usize) -> Vec<Vec<Row>> {
    let one = |shard: &Vec<u8>| {
        let (rows, rejected) = load_shard(shard, chunk_rows);
        assert_eq!(rejected, [] as [DeadLetter; 0]);
        rows
    };
    shards.iter().map(one).collect()
}

/// The rows of a shard, and those that are none.
fn load_shard(shard: &[u8], chunk_rows: usize) -> (Vec<Row>, Vec<DeadLetter>) {
    let cx = context(chunk_rows);
    let mut load = loader("csv-load", json!({}), Some(row_type()));
    load.open(Some(shard), None, &cx).unwrap();
    let mut run = run(&cx);
    let rows = load_all::<Row>(&mut *load, &mut run).concat();
    assert_eq!(run.counts.read, (rows.len() + run.dead_letters.len()) as u64);
    (rows, run.dead_letters)
}

/// How a file is written.
#[derive(Clone, Copy, Debug)]
struct Shape {
    crlf: bool,
    bom: bool,
    quote_all: bool,
    last_newline: bool,
}

fn text_of(rows: &[Row], shape: Shape) -> Vec<u8> {
    let quotes = if shape.quote_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
    let end = if shape.crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let out = if shape.bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().quote_style(quotes).terminator(end).from_writer(out);
    writer.write_record(["key", "text", "n"]).unwrap();
    for row in rows {
        writer.write_record([&row.key, &row.text, &row.n.to_string()]).unwrap();
    }
    let mut text = writer.into_inner().unwrap();
    if !shape.last_newline {
        text.truncate(text.len() - if shape.crlf { 2 } else { 1 });
    }
    text
}

fn shapes() -> impl Strategy<Value = Shape> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(crlf, bom, quote_all, last_newline)| Shape { crlf, bom, quote_all, last_newline })
}

fn rows(max: usize) -> impl Strategy<Value = Vec<Row>> {
    let text = || proptest::string::string_regex("[ab,\"\n\ré]{0,8}").unwrap();
    let key = proptest::string::string_regex("[ab\"\n]{0,2}").unwrap();
    let row = (key, text(), 0..1000u32).prop_map(|(key, text, n)| Row { key, text, n });
    proptest::collection::vec(row, 0..max)
}

/// The rows as another reader finds them.
fn reference(text: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text);
    let row =
        |r: csv::StringRecord| Row { key: r[0].to_owned(), text: r[1].to_owned(), n: r[2].parse().unwrap() };
    reader.records().map(|r| row(r.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_row_is_in_exactly_one_shard(rows in rows(30), shape in shapes(), shards in 1u32..40, chunk in 1usize..9) {
        let dir = tempfile::tempdir().unwrap();
        let text = text_of(&rows, shape);
        prop_assert_eq!(&reference(&text), &rows);
        let path = file(&dir, "rows.csv", &text);
        let parts = split("csv-split", json!({ "path": path, "shards": shards })).unwrap();
        let bounds = ranges(&parts);
        prop_assert!(bounds.len() <= shards as usize);
        prop_assert!(bounds.windows(2).all(|w| w[0].end == w[1].start && w[0].start < w[0].end));
        prop_assert_eq!(bounds[bounds.len() - 1].end, text.len() as u64);
        let loaded = load_shards(&parts, chunk);
        prop_assert_eq!(loaded.concat(), rows);
    }

    /// Also where quotes stand in the middle of fields: each spoils its own row, however the file is cut.
    #[test]
    fn bad_rows_are_the_same_ones_however_the_file_is_cut(
        rows in proptest::collection::vec("[a\",]{0,6}|\"a\n,\"\"b\",c,1|a,b,1", 0..25),
        shards in 2u32..30,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "rows.csv", format!("key,text,n\n{}\n", rows.join("\n")));
        let load = |shards: u32| {
            let parts = split("csv-split", json!({ "path": path, "shards": shards })).unwrap();
            let loaded: Vec<_> = parts.iter().map(|part| load_shard(part, 5)).collect();
            let rejected: Vec<_> = loaded.iter().flat_map(|(_, bad)| bad.iter().map(|l| l.item.clone())).collect();
            let unclosed = loaded.iter().any(|(_, bad)| bad.iter().any(|l| l.error.contains("never closed")));
            (loaded.into_iter().flat_map(|(rows, _)| rows).collect::<Vec<_>>(), rejected, unclosed)
        };
        let whole = load(1);
        // A quote that is never closed hides all that follows from the splitter, and only some of it from the loader.
        prop_assume!(!whole.2);
        prop_assert_eq!(load(shards), whole);
    }

    #[test]
    fn cuts_at_keys_split_no_key(rows in rows(40), shape in shapes(), shards in 1u32..40) {
        let dir = tempfile::tempdir().unwrap();
        let mut rows = rows;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        let path = file(&dir, "rows.csv", text_of(&rows, shape));
        let parts = split("csv-split", json!({ "path": path, "shards": shards, "on_key": "key" })).unwrap();
        let loaded = load_shards(&parts, 3);
        prop_assert_eq!(&loaded.concat(), &rows);
        for pair in loaded.windows(2) {
            if let (Some(last), Some(first)) = (pair[0].last(), pair[1].first()) {
                prop_assert_ne!(&last.key, &first.key);
            }
        }
    }

    #[test]
    fn a_resumed_loader_gives_the_same_rest(rows in rows(30), shape in shapes(), chunk in 1usize..6) {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "rows.csv", text_of(&rows, shape));
        let shard = split("csv-split", json!({ "path": path, "shards": 1 })).unwrap().remove(0);
        let cx = context(chunk);
        let mut whole = loader("csv-load", json!({}), Some(row_type()));
        whole.open(Some(&shard), None, &cx).unwrap();
        let all = load_all::<Row>(&mut *whole, &mut run(&cx));
        for done in 0..all.len() {
            let mut first = loader("csv-load", json!({}), Some(row_type()));
            first.open(Some(&shard), None, &cx).unwrap();
            let mut chunk = first.chunk();
            for _ in 0..done {
                prop_assert!(first.load(&mut chunk, &mut run(&cx)).unwrap());
            }
            let mut cursor = Vec::new();
            first.save(&mut cursor).unwrap();
            let mut second = loader("csv-load", json!({}), Some(row_type()));
            second.open(Some(&shard), Some(&cursor), &cx).unwrap();
            prop_assert_eq!(load_all::<Row>(&mut *second, &mut run(&cx)), &all[done..]);
        }
    }
}

/// A file large enough for several threads, reads that end anywhere, and rows longer than a read.
#[test]
fn a_large_file_is_cut_like_a_small_one() {
    let dir = tempfile::tempdir().unwrap();
    let long = "long\n\"text\", ".repeat(60_000);
    let row = |n: u32| {
        let text = match n % 5000 {
            17 => long.clone(),
            n if n % 3 == 0 => format!("quoted,\n\"{n}\""),
            _ => "plain".repeat(8),
        };
        Row { key: format!("k{:06}", n / 4), text, n }
    };
    let rows: Vec<Row> = (0..100_000).map(row).collect();
    let shape = Shape { crlf: false, bom: true, quote_all: false, last_newline: true };
    let text = text_of(&rows, shape);
    assert!(text.len() > 9 << 20, "{}", text.len());
    let path = file(&dir, "rows.csv", &text);
    for params in
        [json!({ "path": path, "shards": 13 }), json!({ "path": path, "shards": 999, "on_key": "key" })]
    {
        let parts = split("csv-split", params).unwrap();
        let bounds = ranges(&parts);
        assert!(bounds.len() >= 13);
        let loaded = load_shards(&parts, 1000).concat();
        assert!(loaded == rows, "{} rows", loaded.len());
    }
}

#[test]
fn a_shard_in_the_middle_maps_columns_by_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "n;extra;key;text\n1;x;a;one\n2;x;b;two\n3;x;c;three\n");
    let parts = split("csv-split", json!({ "path": path, "shards": 9, "delimiter": ";" })).unwrap();
    assert_eq!(parts.len(), 3);
    let rows = load_shards(&parts, 10).concat();
    let expect = [("a", "one", 1), ("b", "two", 2), ("c", "three", 3)];
    assert_eq!(rows, expect.map(|(key, text, n)| Row { key: key.into(), text: text.into(), n }));
}

#[test]
fn without_a_header_columns_stand_in_the_order_of_the_fields() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "a,one,1\nb,two,2");
    let parts = split("csv-split", json!({ "path": path, "shards": 2, "header": false })).unwrap();
    assert_eq!(load_shards(&parts, 10).concat().len(), 2);
    let empty = file(&dir, "empty.csv", "");
    let parts = split("csv-split", json!({ "path": empty, "header": false })).unwrap();
    assert_eq!(parts.len(), 1);
    assert!(load_shards(&parts, 10).concat().is_empty());
}

#[test]
fn several_files_are_read_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let a = file(&dir, "a.csv", "key,text,n\na,one,1\nb,two,2\n");
    let b = file(&dir, "b.csv", "n,text,key\n3,three,c\n");
    let parts = split("csv-split", json!({ "paths": [a, b], "shards": 8 })).unwrap();
    let n: Vec<u32> = load_shards(&parts, 10).concat().iter().map(|r| r.n).collect();
    assert_eq!(n, [1, 2, 3]);
}

#[test]
fn a_header_alone_gives_one_empty_shard() {
    let dir = tempfile::tempdir().unwrap();
    for text in ["key,text,n\n", "key,text,n", "\u{feff}key,text,n\r\n"] {
        let path = file(&dir, "header.csv", text);
        let parts = split("csv-split", json!({ "path": path, "shards": 9 })).unwrap();
        assert_eq!(parts.len(), 1, "{text:?}");
        assert!(load_shards(&parts, 10).concat().is_empty(), "{text:?}");
    }
}

#[test]
fn a_file_is_loaded_without_a_splitter_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "key,text,n\na,one,1\nb,two,2\n");
    let cx = context(10);
    let mut load = loader("csv-load", json!({ "path": path }), Some(row_type()));
    load.open(None, None, &cx).unwrap();
    let mut run = run(&cx);
    assert_eq!(load_all::<Row>(&mut *load, &mut run).concat().len(), 2);
    assert_eq!(load.inputs(), [path]);
    // Two rows of eight bytes; the header is no row.
    assert_eq!((run.counts.bytes_in, run.counts.emitted), (16, 2));
    let mut lost = loader("csv-load", json!({}), Some(row_type()));
    let error = lost.open(None, None, &cx).unwrap_err();
    assert_eq!(error.to_string(), "load a file: there is neither a splitter before it nor a `path`");
}

#[test]
fn bad_rows_are_given_up_with_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "key,text,n\na,one,1\nb,two,many\nc,three\nd,four,4\n");
    let shard = split("csv-split", json!({ "path": path, "shards": 1 })).unwrap().remove(0);
    let cx = context(3);
    let mut load = loader("csv-load", json!({}), Some(row_type()));
    load.open(Some(&shard), None, &cx).unwrap();
    let mut run = run(&cx);
    let chunks = load_all::<Row>(&mut *load, &mut run);
    assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    let counts = run.counts;
    assert_eq!((counts.read, counts.passed, counts.dead_lettered, counts.emitted), (4, 2, 2, 2));
    let letters: Vec<_> = run.dead_letters.iter().map(|l| (l.place.index, l.item.as_str())).collect();
    assert_eq!(letters, [(1, "b,two,many"), (2, "c,three")]);
    let error = &run.dead_letters[0].error;
    let place = format!("row 2 of the shard, at byte 19 of `{}`: column `n`: ", path.display());
    assert!(error.starts_with(&place), "{error}");
    assert_eq!(row_number_at(&*os_disk(), &path, true, 19).unwrap(), 2);
}

#[test]
fn a_bad_row_without_a_skip_limit_ends_the_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "key,text,n\na,one,x\n");
    let cx = context(3);
    let mut load = loader("csv-load", json!({ "path": path }), Some(row_type()));
    load.open(None, None, &cx).unwrap();
    let mut run = run(&cx);
    run.policy.skip_limit = None;
    let failure = load.load(&mut load.chunk(), &mut run).unwrap_err();
    assert!(failure.error.to_string().contains("the node has no `skip`"), "{}", failure.error);
    assert!(failure.place.is_some());
}

#[test]
fn what_cannot_be_read_says_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let empty = file(&dir, "empty.csv", "");
    let rows = file(&dir, "rows.csv", "key,text,n\na,one,1\n");
    let latin = file(&dir, "latin.csv", b"key,tex\xe9\n");
    let pipe = dir.path().join("pipe.csv");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .unwrap();
    let cases: &[(Value, &str, &str)] = &[
        (json!({ "path": dir.path().join("none.csv") }), "none.csv`: there is no such file", "missing_file"),
        (json!({ "path": dir.path() }), "`: it is a folder, expected a file", "not_a_file"),
        (
            json!({ "path": pipe }),
            "pipe.csv`: it is a pipe or a device, expected a regular file",
            "not_a_file",
        ),
        (json!({ "path": empty }), "empty.csv`: the file is empty, expected a header", "empty_file"),
        (json!({ "path": rows, "on_key": "kye" }), "rows.csv`: there is no column `kye`", "unknown_column"),
        (json!({ "path": latin }), "latin.csv` at byte 7: the header line is not UTF-8", "bad_header"),
    ];
    for (params, message, code) in cases {
        let error = split("csv-split", params.clone()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.code(), Some(format!("dyeline::csv::{code}").as_str()));
    }
    let error = split("csv-split", json!({ "path": rows, "on_key": "kye" })).unwrap_err();
    assert_eq!(error.help(), Some("the file's columns are `key`, `text`, `n`"));
}

#[test]
fn bad_parameters_are_named_all_at_once() {
    let mistakes = |params: Value| match build("csv-split", params, None) {
        Ok(_) => String::new(),
        Err(e) => e,
    };
    assert_eq!(
        mistakes(json!({ "path": "a", "paths": ["b"], "shards": 1_000_000, "delimiter": "::" })),
        "paths: give either `path` or `paths`, not both\n\
         shards: expected a number of shards from 1 to 100,000, found the number 1000000\n\
         delimiter: expected a single ASCII character that is neither a quote nor a line ending, found the text `::`"
    );
    assert_eq!(mistakes(json!({})), "path: give the file as `path`, or several as `paths`");
    assert_eq!(
        mistakes(json!({ "paths": ["a", "b"], "on_key": "k", "header": false })),
        "on_key: needs a single file: a value could stand in two\n\
         on_key: needs `header = true`: without a header no column has a name"
    );
    assert_eq!(mistakes(json!({ "path": "a", "shards": 100_000 })), "");
}

#[test]
fn a_file_that_became_shorter_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "rows.csv", "key,text,n\na,one,1\nb,two,2\n");
    let shard = split("csv-split", json!({ "path": path, "shards": 1 })).unwrap().remove(0);
    file(&dir, "rows.csv", "key,text,n\na,one,1\n");
    let cx = context(10);
    let mut load = loader("csv-load", json!({}), Some(row_type()));
    load.open(Some(&shard), None, &cx).unwrap();
    let failure = load.load(&mut load.chunk(), &mut run(&cx)).unwrap_err();
    assert_eq!(failure.error.code(), Some("dyeline::csv::changed_file"));
    assert!(Path::new(&path).exists());
}

#[test]
fn a_stray_quote_spoils_its_own_row_only() {
    let dir = tempfile::tempdir().unwrap();
    let text = "key,text,n\na,one,1\nb,5\" pipe,2\nc,\"two\nlines\",3\nd,6\" pipe,4\ne,five,5\n";
    let path = file(&dir, "rows.csv", text);
    for shards in 1..9 {
        let parts = split("csv-split", json!({ "path": path, "shards": shards })).unwrap();
        let loaded: Vec<_> = parts.iter().map(|part| load_shard(part, 10)).collect();
        let good: Vec<u32> = loaded.iter().flat_map(|(rows, _)| rows.iter().map(|r| r.n)).collect();
        let bad: Vec<_> = loaded.iter().flat_map(|(_, bad)| bad.iter().map(|l| l.item.as_str())).collect();
        assert_eq!((good, bad), (vec![1, 3, 5], vec!["b,5\" pipe,2", "d,6\" pipe,4"]), "{shards} shards");
    }
}
