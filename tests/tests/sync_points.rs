//! A process that is killed between making a folder and making it durable leaves a folder that the next one must not
//! trust: what that one acknowledges has to survive a loss of power.
#![expect(clippy::panic, reason = "what a test has built itself does not fail otherwise")]

use std::{path::Path, sync::Arc};

use dyeline_processors::{
    builtin::Number,
    contract::{
        BuildArgs, Chunk, Closed, Context, Error, ItemRun, Node, ParamMap, RecordType,
        context::{Attempt, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    disk::{Disk, Open},
    spool::{Cut, SpoolName, SpoolWriter},
};
use dyeline_tests::disk::ForgetfulDisk;

const SPOOL: &str = "/data/spool/job1";
const OUT: &str = "/out/numbers";

fn numbers() -> Chunk {
    Chunk::of((0..300).map(|value| Number { value }).collect())
}

fn settle(closed: Option<Closed>) -> Result<Vec<u8>, Error> {
    let closed = closed.ok_or_else(|| Error::fatal("nothing was written"))?;
    (closed.settle)()?;
    Ok(closed.part)
}

/// Writes one spool file and acknowledges it.
fn write_spool(disk: &ForgetfulDisk, fence: u64) -> Result<(), Error> {
    let name = SpoolName { stage: 0, output: 0, shard: 0, fence };
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut writer = SpoolWriter::new(disk, Path::new(SPOOL), name, RecordType::of::<Number>(), Cut::Whole);
    writer.write(&numbers())?;
    settle(writer.close()?).map(drop)
}

/// Writes one part of an output and acknowledges it.
fn write_part(disk: &ForgetfulDisk, fence: u64) -> Result<(), Error> {
    let cx = Context::new(Attempt {
        job: "job1".to_owned(),
        chain: "numbers".to_owned(),
        version: None,
        node: "write".to_owned(),
        shard: 0,
        attempt: 1,
        fence,
        stop: StopFlag::default(),
        deadline: None,
        disk: Arc::new(disk.clone()),
        spool: SPOOL.into(),
        chunk_rows: 1024,
        futures: None,
    });
    let registry = Registry::linked().unwrap_or_else(|_| panic!("two processors of a name"));
    let params: ParamMap = [("path".to_owned(), OUT.into())].into();
    let args = BuildArgs {
        params: &params,
        record: None,
        inputs: &[RecordType::of::<Number>()],
        sorted_by: None,
        combine: false,
        merge: false,
        concurrency: None,
    };
    let Ok(Node::Sink(mut sink)) = (registry.processors["csv-write"].build)(&args) else {
        panic!("csv-write is no sink");
    };
    sink.prepare(&cx)?;
    sink.open(&[], &cx)?;
    let mut run = ItemRun::new(cx.clone(), 0, ItemPolicy::default());
    sink.write(&mut numbers(), &mut run).map_err(|failure| failure.error)?;
    settle(sink.finish(&cx)?).map(drop)
}

/// Kills a first process at every call, lets a second one do its work, and takes the power away.
fn lives(write: fn(&ForgetfulDisk, u64) -> Result<(), Error>, folder: &str) {
    let mut killed = 0;
    for calls in 0..40 {
        for seed in 0..20 {
            let disk = ForgetfulDisk::new("/");
            disk.cut_power_after(calls);
            killed += u64::from(write(&disk, 1).is_err());
            disk.kill();
            write(&disk, 2).unwrap_or_else(|e| panic!("killed at call {calls}: {e}"));
            disk.crash(seed);
            let files = disk.list(Path::new(folder)).unwrap_or_default();
            let kept = files.iter().find(|file| file.to_string_lossy().contains("f2"));
            let kept = kept.unwrap_or_else(|| panic!("killed at call {calls}, seed {seed}: {files:?}"));
            let length = disk.open(kept, Open::Read).and_then(|file| file.len());
            assert!(length.is_ok_and(|length| length > 300), "killed at call {calls}, seed {seed}");
        }
    }
    assert!(killed > 100, "only {killed} of the first processes were killed");
}

#[test]
fn a_spool_folder_of_a_killed_process_is_made_durable_by_the_next() {
    lives(write_spool, SPOOL);
}

#[test]
fn an_output_folder_of_a_killed_process_is_made_durable_by_the_next() {
    lives(write_part, "/out/numbers/job1");
}
