//! A shard's part is the same bytes wherever its checkpoints fell and however many attempts wrote it.

use std::{path::Path, sync::Arc};

use dyeline_processors::{
    builtin::{
        Number,
        parts::{Manifest, read_manifest},
    },
    contract::{Chunk, Class, Closed, Context, RecordType, Result, SinkNode, Stop},
    disk::os_disk,
};
use proptest::prelude::*;

use crate::{
    failing_disk::FailingDisk,
    shared::{self, context_on, run, sink},
};

fn new_sink(root: &Path) -> Box<dyn SinkNode> {
    sink("csv-write", root, RecordType::of::<Number>())
}

fn refs(left: &[Vec<u8>]) -> Vec<&[u8]> {
    left.iter().map(Vec::as_slice).collect()
}

fn settle(closed: Closed) -> Result<Vec<u8>> {
    (closed.settle)()?;
    Ok(closed.part)
}

/// One attempt: goes on from what `left` holds, writes each of these counts of rows with a checkpoint behind each, and
/// ends the shard if it gets so far. Fails where the disk does; `left` is what was acknowledged.
fn attempt(root: &Path, cx: &Context, counts: &[u64], left: &mut Vec<Vec<u8>>, ends: bool) -> Result<()> {
    let mut sink = new_sink(root);
    sink.open(&refs(left), cx)?;
    let mut run = run(cx);
    for (at, count) in counts.iter().enumerate().skip(left.len()) {
        let first: u64 = counts[..at].iter().sum();
        let rows = (first..first + count).map(|value| Number { value: value as i64 }).collect();
        sink.write(&mut Chunk::of(rows), &mut run).map_err(|failure| failure.error)?;
        left.extend(sink.close(cx)?.map(settle).transpose()?);
    }
    if ends {
        left.extend(sink.finish(cx)?.map(settle).transpose()?);
    }
    Ok(())
}

fn publish(root: &Path, left: &[Vec<u8>], fence: u64) -> Manifest {
    let cx = context_on(os_disk(), "job1", 0, fence);
    new_sink(root).publish(&refs(left), &cx).unwrap();
    read_manifest(&*os_disk(), root).unwrap().unwrap()
}

/// The only file of a manifest.
fn only(root: &Path, manifest: &Manifest) -> String {
    let [part] = manifest.files.as_slice() else { panic!("{:?}", manifest.files) };
    let text = std::fs::read_to_string(root.join(&part.path)).unwrap();
    let hash = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
    assert_eq!((part.bytes, &part.xxh3), (text.len() as u64, &hash));
    text
}

fn expected(rows: u64) -> String {
    (0..rows).fold("value\n".to_owned(), |text, n| text + &format!("{n}\n"))
}

fn left_in(root: &Path) -> usize {
    os_disk().list(&root.join("job1")).map_or(0, |files| files.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Attempts that end anywhere, at a change of the disk or of their own, with what they acknowledged kept.
    #[test]
    fn any_checkpoints_and_any_deaths_leave_the_same_part(
        counts in prop::collection::vec(1u64..40, 1..6),
        deaths in prop::collection::vec(0i64..12, 0..5),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut left = Vec::new();
        let mut fence = 1;
        for changes in deaths {
            let cx = context_on(Arc::new(FailingDisk::after(changes)), "job1", 0, fence);
            if attempt(dir.path(), &cx, &counts, &mut left, false).is_ok() {
                break;
            }
            fence += 1;
        }
        let cx = context_on(os_disk(), "job1", 0, fence + 1);
        attempt(dir.path(), &cx, &counts, &mut left, true).unwrap();
        let manifest = publish(dir.path(), &left, fence + 2);
        prop_assert_eq!(only(dir.path(), &manifest), expected(counts.iter().sum()));
        prop_assert_eq!(left_in(dir.path()), 1);
    }
}

#[test]
fn an_end_that_dies_anywhere_is_made_again() {
    let mut died = 0;
    for changes in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let counts = [30_000, 5, 40_000];
        let mut left = Vec::new();
        let first = context_on(os_disk(), "job1", 0, 1);
        attempt(dir.path(), &first, &counts, &mut left, false).unwrap();
        let disk = FailingDisk::after(changes);
        let second = context_on(Arc::new(disk.clone()), "job1", 0, 2);
        if attempt(dir.path(), &second, &counts, &mut left, true).is_err() {
            died += 1;
            assert_eq!(left.len(), counts.len(), "nothing of it was acknowledged");
            let third = context_on(os_disk(), "job1", 0, 3);
            attempt(dir.path(), &third, &counts, &mut left, true).unwrap();
        }
        assert_eq!(only(dir.path(), &publish(dir.path(), &left, 4)), expected(70_005));
        assert_eq!(only(dir.path(), &publish(dir.path(), &left, 5)), expected(70_005));
        assert_eq!(left_in(dir.path()), 1);
        if !disk.failed() {
            break;
        }
    }
    assert!(died > 4, "it died at {died} changes");
}

#[test]
fn a_shard_with_one_fragment_is_not_copied() {
    for checkpoints in [0, 1] {
        let dir = tempfile::tempdir().unwrap();
        let cx = context_on(os_disk(), "job1", 0, 1);
        let mut sink = new_sink(dir.path());
        sink.open(&[], &cx).unwrap();
        let mut run = run(&cx);
        sink.write(&mut Chunk::of(vec![Number { value: 0 }]), &mut run).unwrap();
        let mut left = Vec::new();
        for _ in 0..checkpoints {
            left.extend(sink.close(&cx).unwrap().map(|closed| settle(closed).unwrap()));
        }
        left.extend(sink.finish(&cx).unwrap().map(|closed| settle(closed).unwrap()));
        assert_eq!(left_in(dir.path()), 1, "with {checkpoints} checkpoints");
        let manifest = publish(dir.path(), &left, 2);
        assert_eq!(only(dir.path(), &manifest), expected(1));
        assert_eq!(manifest.files[0].path, "job1/part-000000-f1.csv");
        assert_eq!(run.counts.bytes_out, "value\n0\n".len() as u64);
    }
}

#[test]
fn bytes_are_counted_alike_wherever_checkpoints_fall() {
    let written = |checkpoints: bool| {
        let dir = tempfile::tempdir().unwrap();
        let cx = context_on(os_disk(), "job1", 0, 1);
        let mut sink = new_sink(dir.path());
        sink.open(&[], &cx).unwrap();
        let mut run = run(&cx);
        for value in 0..9 {
            sink.write(&mut Chunk::of(vec![Number { value }]), &mut run).unwrap();
            if checkpoints {
                sink.close(&cx).unwrap();
            }
        }
        run.counts.bytes_out
    };
    assert_eq!((written(false), written(true)), (24, 24));
}

#[test]
fn a_fragment_that_something_changed_is_not_joined() {
    for (text, why) in
        [("value\n1", "7 bytes, 8 were written"), ("value\n2\n", "it does not hold what was written")]
    {
        let dir = tempfile::tempdir().unwrap();
        let cx = context_on(os_disk(), "job1", 0, 1);
        let mut left = Vec::new();
        attempt(dir.path(), &cx, &[1, 1], &mut left, false).unwrap();
        std::fs::write(dir.path().join("job1/part-000000-f1.csv"), text).unwrap();
        let error = attempt(dir.path(), &cx, &[1, 1], &mut left, true).unwrap_err();
        assert_eq!(error.class(), Class::Fatal);
        assert!(error.to_string().contains(why), "{error}");
        assert!(error.to_string().contains("join the fragment `"), "{error}");
    }
}

#[test]
fn an_attempt_that_is_to_end_at_once_stops_joining() {
    let dir = tempfile::tempdir().unwrap();
    let cx = context_on(os_disk(), "job1", 0, 1);
    let mut left = Vec::new();
    attempt(dir.path(), &cx, &[1, 1], &mut left, false).unwrap();
    let told = |why, fence| {
        let told = shared::attempt(0, fence, 100);
        told.stop.stop(why);
        Context::new(told)
    };
    for (fence, why) in [(2, Stop::Cancel), (3, Stop::TimedOut)] {
        let error = attempt(dir.path(), &told(why, fence), &[1, 1], &mut left, true).unwrap_err();
        assert!(error.to_string().ends_with("the attempt was stopped"), "{error}");
    }
    // A pause takes what has ended with it.
    attempt(dir.path(), &told(Stop::HandBack, 4), &[1, 1], &mut left, true).unwrap();
    assert_eq!(only(dir.path(), &publish(dir.path(), &left, 5)), expected(2));
}
