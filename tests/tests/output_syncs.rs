//! Each sync of the spool and of the sinks is needed: with any one taken out, some crash loses what was acknowledged.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test has built itself does not fail otherwise"
)]

use std::{path::Path, sync::Arc};

use dyeline_processors::{
    builtin::{Number, parts::read_manifest},
    contract::{
        BuildArgs, Chunk, Closed, Context, ItemRun, Node, NodeCounts, ParamMap, RecordType, SinkNode,
        context::{Attempt, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    disk::{Disk, Open, SyncPoint, read_full_at},
    spool::{Cut, SpoolInput, SpoolName, SpoolPart, SpoolReader, SpoolWriter},
};
use dyeline_tests::disk::ForgetfulDisk;

/// How many crashes may pass before one shows the loss.
const SEEDS: u64 = 200;
const SPOOL: &str = "/data/spool/job1";
const OUT: &str = "/out/incomes";

fn numbers(values: std::ops::Range<i64>) -> Chunk {
    Chunk::of(values.map(|value| Number { value }).collect())
}

fn number_type() -> RecordType {
    RecordType::of::<Number>()
}

fn settle(closed: Option<Closed>) -> Vec<u8> {
    let closed = closed.unwrap();
    (closed.settle)().unwrap();
    closed.part
}

/// Writes two spool files, acknowledges them, crashes, and reads them.
fn spool_life(taken_out: &[SyncPoint], seed: u64) -> Result<(), String> {
    let disk = ForgetfulDisk::new("/data");
    disk.take_out(taken_out);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let name = SpoolName { stage: 0, output: 0, shard: 0, fence: 1 };
    let cut = Cut::By { field: 0, partitions: 2 };
    let mut writer = SpoolWriter::new(shared.clone(), Path::new(SPOOL), name, number_type(), cut);
    let mut parts = Vec::new();
    for values in [0..1000, 1000..1500] {
        writer.write(&numbers(values)).unwrap();
        parts.push(SpoolPart::decode(&settle(writer.close().unwrap())).unwrap());
    }
    disk.crash(seed);
    let mut values = Vec::new();
    for partition in 0..2 {
        let input = SpoolInput { port: 0, record: number_type(), partition, parts: parts.clone() };
        let mut reader = SpoolReader::new(shared.clone(), Path::new(SPOOL), vec![input], 100).unwrap();
        let mut chunk = reader.chunk(0);
        loop {
            let more = reader.load(&mut chunk, &mut NodeCounts::default()).map_err(|e| e.to_string())?;
            values.extend(chunk.items::<Number>().iter().map(|n| n.value));
            if !more {
                break;
            }
        }
    }
    values.sort_unstable();
    if values == (0..1500).collect::<Vec<_>>() { Ok(()) } else { Err(format!("{} values", values.len())) }
}

fn context(disk: &ForgetfulDisk, job: &str, shard: u32, fence: u64) -> Context {
    Context::new(Attempt {
        job: job.to_owned(),
        chain: "incomes".to_owned(),
        version: None,
        node: "write".to_owned(),
        shard,
        attempt: 1,
        fence,
        stop: StopFlag::default(),
        deadline: None,
        disk: Arc::new(disk.clone()),
        spool: SPOOL.into(),
        chunk_rows: 100,
        futures: None,
    })
}

fn sink() -> Box<dyn SinkNode> {
    let registry = Registry::linked().unwrap();
    let params: ParamMap = [("path".to_owned(), OUT.into())].into();
    let args = BuildArgs {
        params: &params,
        record: None,
        inputs: &[number_type()],
        sorted_by: None,
        combine: false,
        merge: false,
        concurrency: None,
    };
    match (registry.processors["csv-write"].build)(&args) {
        Ok(Node::Sink(sink)) => sink,
        _ => panic!("csv-write is no sink"),
    }
}

fn refs(left: &[Vec<u8>]) -> Vec<&[u8]> {
    left.iter().map(Vec::as_slice).collect()
}

/// Writes rows of a shard, and acknowledges them with a checkpoint.
fn write(sink: &mut dyn SinkNode, cx: &Context, values: std::ops::Range<i64>) -> Vec<u8> {
    let mut run = ItemRun::new(cx.clone(), 0, ItemPolicy::default());
    sink.write(&mut numbers(values), &mut run).unwrap();
    settle(sink.close(cx).unwrap())
}

/// Writes two shards of a job, with a crash between the checkpoint of the first one and its end, and acknowledges them.
fn write_shards(disk: &ForgetfulDisk, job: &str, from: i64, seed: u64) -> Result<Vec<Vec<u8>>, String> {
    let (first, second) = (context(disk, job, 0, 1), context(disk, job, 0, 2));
    let mut writer = sink();
    writer.prepare(&first).unwrap();
    writer.open(&[], &first).unwrap();
    let mut left = vec![write(&mut *writer, &first, from..from + 300)];
    disk.crash(seed);
    let mut writer = sink();
    writer.open(&refs(&left), &second).unwrap();
    left.push(write(&mut *writer, &second, from + 300..from + 350));
    left.push(settle(writer.finish(&second).map_err(|e| e.to_string())?));
    let cx = context(disk, job, 1, 3);
    let mut writer = sink();
    writer.open(&[], &cx).unwrap();
    left.push(write(&mut *writer, &cx, from + 350..from + 400));
    left.push(settle(writer.finish(&cx).map_err(|e| e.to_string())?));
    Ok(left)
}

fn publish(disk: &ForgetfulDisk, job: &str, left: &[Vec<u8>]) -> Result<(), String> {
    sink().publish(&refs(left), &context(disk, job, 0, 4)).map(drop).map_err(|e| e.to_string())
}

/// The job whose output readers find, after seeing that it is whole.
fn published(disk: &ForgetfulDisk) -> Result<(String, String), String> {
    let root = Path::new(OUT);
    let manifest = read_manifest(disk, root).map_err(|e| e.to_string())?.ok_or("no manifest")?;
    let mut text = String::new();
    for part in &manifest.files {
        let file =
            disk.open(&root.join(&part.path), Open::Read).map_err(|e| format!("{}: {e}", part.path))?;
        let mut bytes = vec![0; usize::try_from(part.bytes).unwrap()];
        let read = read_full_at(&*file, &mut bytes, 0).unwrap();
        text += std::str::from_utf8(&bytes[..read]).map_err(|e| e.to_string())?;
    }
    Ok((manifest.job, text))
}

fn expect(from: i64) -> String {
    let lines = |values: std::ops::Range<i64>| values.map(|n| format!("{n}\n")).collect::<String>();
    format!("value\n{}value\n{}", lines(from..from + 350), lines(from + 350..from + 400))
}

/// Writes and publishes one job, then another, with crashes behind what was acknowledged.
fn sink_life(taken_out: &[SyncPoint], seed: u64) -> Result<(), String> {
    let disk = ForgetfulDisk::new("/");
    disk.take_out(taken_out);
    let crash = |n: u64| disk.crash(seed * 8 + n);
    for (job, from) in [("job1", 0), ("job2", 1000)] {
        let left = write_shards(&disk, job, from, seed * 8)?;
        crash(1);
        publish(&disk, job, &left)?;
        crash(2);
        let (found, text) = published(&disk)?;
        if (found.as_str(), text) != (job, expect(from)) {
            return Err(format!("the output of {job} is not what was written, that of {found} is there"));
        }
    }
    // What is left of the job before is in nobody's way, and the next end of a job removes it.
    Ok(())
}

/// Runs lives without the point until one loses something.
fn loss_without(point: SyncPoint, life: fn(&[SyncPoint], u64) -> Result<(), String>) {
    for seed in 0..SEEDS {
        if let Err(loss) = life(&[point], seed) {
            println!("{point:?}: seed {seed}: {loss}");
            return;
        }
    }
    panic!("nothing is lost without {point:?} in {SEEDS} lives");
}

#[test]
fn with_all_syncs_nothing_is_lost() {
    for seed in 0..SEEDS {
        spool_life(&[], seed).unwrap_or_else(|loss| panic!("seed {seed}: {loss}"));
        sink_life(&[], seed).unwrap_or_else(|loss| panic!("seed {seed}: {loss}"));
    }
}

#[test]
fn without_the_sync_of_a_spool_segment_acknowledged_items_are_lost() {
    loss_without(SyncPoint::SpoolSegment, spool_life);
}

#[test]
fn without_the_sync_of_the_spool_folder_a_segment_is_lost() {
    loss_without(SyncPoint::SpoolFolder, spool_life);
}

#[test]
fn without_the_sync_of_the_folders_above_the_spool_is_lost() {
    loss_without(SyncPoint::SpoolHome, spool_life);
}

#[test]
fn without_the_sync_of_a_part_acknowledged_rows_are_lost() {
    loss_without(SyncPoint::SinkPart, sink_life);
}

#[test]
fn without_the_sync_of_a_joined_part_acknowledged_rows_are_lost() {
    loss_without(SyncPoint::SinkJoin, sink_life);
}

#[test]
fn without_the_sync_of_the_folder_of_parts_a_part_is_lost() {
    loss_without(SyncPoint::SinkFolder, sink_life);
}

#[test]
fn without_the_sync_of_the_folders_above_the_parts_are_lost() {
    loss_without(SyncPoint::SinkHome, sink_life);
}

#[test]
fn without_the_sync_of_a_manifest_the_output_cannot_be_read() {
    loss_without(SyncPoint::Manifest, sink_life);
}

#[test]
fn without_the_sync_of_the_manifests_folder_the_output_is_lost() {
    loss_without(SyncPoint::ManifestFolder, sink_life);
}
