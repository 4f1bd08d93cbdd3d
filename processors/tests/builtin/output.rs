//! File sinks: output appears whole or not at all, and a manifest names it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use dyeline_processors::{
    builtin::{
        DeadLetterRecord,
        parts::{MANIFEST, Manifest, read_manifest},
    },
    contract::{Chunk, Closed, Context, DeadLetter, ItemPlace, RecordType, SinkNode},
    disk::os_disk,
    prelude::{Decimal, Record},
};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    failing_disk::FailingDisk,
    shared::{build, context_on, run, sink},
};

#[derive(Clone, Debug, PartialEq, Eq, Record)]
#[record(name = "OutputIncome")]
struct Income {
    user: u64,
    income: Decimal<2>,
    note: Option<String>,
}

fn income_type() -> RecordType {
    RecordType::of::<Income>()
}

fn income(user: u64) -> Income {
    let note = user.is_multiple_of(3).then(|| format!("a \"note\", {user}"));
    Income { user, income: Decimal::from_mantissa(i128::from(user) * 25), note }
}

fn settle(closed: Option<Closed>) -> Option<Vec<u8>> {
    closed.map(|closed| (closed.settle)().map(|()| closed.part).unwrap())
}

/// Writes items in chunks of two with a checkpoint behind every second one; what the checkpoints closed.
fn write_begin(sink: &mut dyn SinkNode, items: &[Income], cx: &Context) -> Vec<Vec<u8>> {
    let mut run = run(cx);
    let mut left = Vec::new();
    for (n, items) in items.chunks(2).enumerate() {
        sink.write(&mut Chunk::of(items.to_vec()), &mut run).unwrap();
        if n % 2 == 1 {
            left.extend(settle(sink.close(cx).unwrap()));
            assert!(sink.close(cx).unwrap().is_none());
        }
    }
    assert_eq!((run.counts.read, run.counts.passed), (items.len() as u64, items.len() as u64));
    left
}

/// Writes a whole shard in one attempt; what its checkpoints and its end left.
fn write(sink: &mut dyn SinkNode, items: &[Income], cx: &Context) -> Vec<Vec<u8>> {
    sink.open(&[], cx).unwrap();
    let mut left = write_begin(sink, items, cx);
    left.extend(settle(sink.finish(cx).unwrap()));
    left
}

fn refs(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

fn manifest(root: &Path) -> Manifest {
    read_manifest(&*os_disk(), root).unwrap().unwrap()
}

/// What the files of a manifest hold, checked against what it says of them.
fn published(root: &Path) -> Vec<String> {
    let read = |part: &dyeline_processors::builtin::parts::Part| {
        let text = std::fs::read_to_string(root.join(&part.path)).unwrap();
        assert_eq!(part.bytes, text.len() as u64);
        assert_eq!(part.xxh3, format!("{:016x}", xxh3_64(text.as_bytes())));
        text
    };
    manifest(root).files.iter().map(read).collect()
}

/// A CSV file with these incomes.
fn lines(users: std::ops::Range<u64>) -> String {
    let line = |user| {
        let note = income(user).note.map(|note| format!("\"{}\"", note.replace('"', "\"\"")));
        format!("{user},{},{}\n", income(user).income, note.unwrap_or_default())
    };
    "user,income,note\n".to_owned() + &users.map(line).collect::<String>()
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in os_disk().list(root).unwrap() {
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn csv_files_are_published_in_the_order_of_shards() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("out");
    let mut all = Vec::new();
    for shard in 0..2u32 {
        let cx = context_on(os_disk(), "job1", shard, 7);
        let mut sink = sink("csv-write", &root, income_type());
        sink.prepare(&cx).unwrap();
        let items: Vec<_> = (0..5).map(|n| income(n + 10 * u64::from(shard))).collect();
        all.extend(write(&mut *sink, &items, &cx));
    }
    // An attempt that lost left a file, and one that is not ours stands there, too.
    let lost = root.join("job1/fragment-000001-000001-f3.csv");
    std::fs::write(&lost, "half").unwrap();
    std::fs::write(root.join("job1/README"), "").unwrap();
    let cx = context_on(os_disk(), "job1", 0, 9);
    let mut sink = sink("csv-write", &root, income_type());
    let path = sink.publish(&refs(&all), &cx).unwrap();
    assert_eq!(path, Some(root.join(MANIFEST).display().to_string()));
    assert_eq!(
        published(&root),
        [
            "user,income,note\n0,0.00,\"a \"\"note\"\", 0\"\n1,0.25,\n2,0.50,\n3,0.75,\"a \"\"note\"\", 3\"\n4,1.00,\n",
            "user,income,note\n10,2.50,\n11,2.75,\n12,3.00,\"a \"\"note\"\", 12\"\n13,3.25,\n14,3.50,\n",
        ]
    );
    let manifest = manifest(&root);
    assert_eq!(
        (manifest.chain.as_str(), manifest.job.as_str(), manifest.records),
        ("test-chain", "job1", 10)
    );
    assert_eq!(manifest.files[1].path, "job1/part-000001-joined-f7.csv");
    assert!(!lost.exists(), "an attempt that lost");
    assert_eq!(files(&root).len(), 4, "the parts, the manifest and what is not ours: no fragment is left");
}

#[test]
fn a_delimiter_and_no_header() {
    let dir = tempfile::tempdir().unwrap();
    let params = serde_json::json!({ "path": dir.path(), "header": false, "delimiter": ";" });
    let Ok(dyeline_processors::contract::Node::Sink(mut sink)) =
        build("csv-write", params, Some(income_type()))
    else {
        panic!("no sink")
    };
    let cx = context_on(os_disk(), "job1", 0, 1);
    let parts = write(&mut *sink, &[income(1), income(3)], &cx);
    sink.publish(&refs(&parts), &cx).unwrap();
    assert_eq!(published(dir.path()), ["1;0.25;\n3;0.75;\"a \"\"note\"\", 3\"\n"]);
}

#[test]
fn nothing_to_write_gives_a_manifest_without_files() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    let mut sink = sink("csv-write", dir.path(), income_type());
    assert_eq!(write(&mut *sink, &[], &cx).len(), 0);
    sink.publish(&[], &cx).unwrap();
    assert_eq!(files(dir.path()), [dir.path().join(MANIFEST)]);
    assert_eq!(manifest(dir.path()).records, 0);
}

#[test]
fn the_next_job_replaces_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    for (job, users) in [("job1", 0..5), ("job2", 5..9)] {
        let cx = context_on(os_disk(), job, 0, 1);
        let mut sink = sink("csv-write", dir.path(), income_type());
        sink.prepare(&cx).unwrap();
        let parts = write(&mut *sink, &users.map(income).collect::<Vec<_>>(), &cx);
        sink.publish(&refs(&parts), &cx).unwrap();
        // Once more, as after a crash.
        sink.publish(&refs(&parts), &cx).unwrap();
    }
    assert_eq!(manifest(dir.path()).job, "job2");
    assert_eq!(files(dir.path()).len(), 2);
    assert!(!dir.path().join("job1").exists());
}

/// Whichever change fails while the second job publishes: readers see the first job whole or the second one whole, and
/// publishing again ends well.
#[test]
fn a_failing_disk_leaves_the_old_output_or_the_new_one() {
    let mut seen = std::collections::BTreeSet::new();
    for changes in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let first = context_on(os_disk(), "job1", 0, 1);
        let mut writer = sink("csv-write", dir.path(), income_type());
        let old = write(&mut *writer, &(0..5).map(income).collect::<Vec<_>>(), &first);
        writer.publish(&refs(&old), &first).unwrap();
        let old = published(dir.path());

        let second = context_on(os_disk(), "job2", 0, 2);
        let mut writer = sink("csv-write", dir.path(), income_type());
        let parts = write(&mut *writer, &(5..12).map(income).collect::<Vec<_>>(), &second);
        std::fs::write(dir.path().join("job2/part-000000-f1.csv"), "lost").unwrap();
        let disk = FailingDisk::after(changes);
        let failing = context_on(Arc::new(disk.clone()), "job2", 0, 3);
        let result = writer.publish(&refs(&parts), &failing);

        let now = published(dir.path());
        seen.insert(manifest(dir.path()).job);
        let new_is_whole = manifest(dir.path()).job == "job2" && now == [lines(5..12)];
        assert!(now == old || new_is_whole, "after {changes} changes: {now:?}");
        let again = context_on(os_disk(), "job2", 0, 4);
        writer.publish(&refs(&parts), &again).unwrap();
        assert_eq!(manifest(dir.path()).job, "job2");
        let left = files(dir.path());
        assert_eq!(left.len(), 2, "{left:?}");
        if !disk.failed() {
            assert!(result.is_ok());
            break;
        }
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_part_that_something_changed_is_not_published() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    let mut sink = sink("csv-write", dir.path(), income_type());
    let parts = write(&mut *sink, &[income(1)], &cx);
    let path = files(dir.path()).remove(0);
    std::fs::write(&path, "other").unwrap();
    let error = sink.publish(&refs(&parts), &cx).unwrap_err().to_string();
    assert!(error.contains("it has 5 bytes, 25 were written: something else changed it"), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(sink.publish(&refs(&parts), &cx).is_err());
    assert!(!dir.path().join(MANIFEST).exists());
}

#[test]
fn a_discarded_job_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    let mut sink = sink("csv-write", dir.path(), income_type());
    let parts = write(&mut *sink, &(0..9).map(income).collect::<Vec<_>>(), &cx);
    assert_eq!(files(dir.path()).len(), 4, "three fragments and what is joined of them");
    // An attempt that was killed left a file that nothing names.
    std::fs::write(dir.path().join("job1/fragment-000007-000001-f9.csv"), "half").unwrap();
    std::fs::create_dir(dir.path().join("job2")).unwrap();
    std::fs::write(dir.path().join("job2/part-000000-f1.csv"), "").unwrap();
    sink.discard(&refs(&parts), &cx).unwrap();
    sink.discard(&refs(&parts), &cx).unwrap();
    assert!(!dir.path().join("job1").exists());
    assert_eq!(files(dir.path()).len(), 1);
    let outside = br#"{"part":{"path":"../part-1.csv","rows":1,"bytes":1,"xxh3":""}}"#;
    assert!(sink.discard(&[outside], &cx).is_err());
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    for path in [&file, &file.join("below"), Path::new("/proc/none")] {
        let error = sink("csv-write", path, income_type()).prepare(&cx).unwrap_err();
        assert_eq!(error.code(), Some("dyeline::output::unwritable"), "{error}");
        assert!(
            error.to_string().starts_with(&format!("prepare the output folder `{}`: ", path.display())),
            "{error}"
        );
        assert!(error.help().is_some());
    }
}

#[test]
fn a_folder_with_the_output_of_something_else_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    std::fs::write(dir.path().join(MANIFEST), "{\"name\":\"a web app\"}").unwrap();
    let error = sink("csv-write", dir.path(), income_type()).prepare(&cx).unwrap_err();
    assert_eq!(error.code(), Some("dyeline::output::foreign_manifest"), "{error}");
    let other = r#"{"version":1,"chain":"other","chain_version":null,"job":"j","node":"write","records":0,"files":[],
        "replaces":[]}"#;
    std::fs::write(dir.path().join(MANIFEST), other).unwrap();
    let error = sink("csv-write", dir.path(), income_type()).prepare(&cx).unwrap_err();
    assert!(error.to_string().ends_with("it holds the output of node `write` of chain `other`"), "{error}");
    assert_eq!(files(dir.path()).len(), 1);
}

#[test]
fn json_lines_hold_an_object_for_each_record() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    let mut sink = sink("jsonl-write", dir.path(), income_type());
    let parts = write(&mut *sink, &[income(3), income(4)], &cx);
    sink.publish(&refs(&parts), &cx).unwrap();
    let expect = "{\"user\":3,\"income\":\"0.75\",\"note\":\"a \\\"note\\\", 3\"}\n\
                  {\"user\":4,\"income\":\"1.00\",\"note\":null}\n";
    assert_eq!(published(dir.path()), [expect]);
}

#[test]
fn dead_letters_keep_place_error_and_item() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 2, 1);
    let place = ItemPlace { row: 100, node: 1, index: 7 };
    let (error, item) = ("bad\nnews".to_owned(), "1,\"two\nlines\"".to_owned());
    let letter = DeadLetterRecord::new(&cx, DeadLetter { place, error, class: "skip", item });
    let mut sink = sink("dead-letter-write", dir.path(), RecordType::of::<DeadLetterRecord>());
    sink.open(&[], &cx).unwrap();
    let mut run = run(&cx);
    sink.write(&mut Chunk::of(vec![letter]), &mut run).unwrap();
    let part = settle(sink.finish(&cx).unwrap()).unwrap();
    sink.publish(&[&part], &cx).unwrap();
    let expect = "{\"job\":\"job1\",\"node\":\"node\",\"shard\":2,\"row\":100,\"index\":7,\"class\":\"skip\",\
                  \"error\":\"bad\\nnews\",\"item\":\"1,\\\"two\\nlines\\\"\"}\n";
    assert_eq!(published(dir.path()), [expect]);
    assert_eq!(run.counts.bytes_out, expect.len() as u64);
}
