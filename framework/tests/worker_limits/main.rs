//! What the engine refuses of a worker's reports: the attempt fails at once, with the reason, and is not tried again.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::fs;

use dyeline::{
    builtin::Number,
    chain::Given,
    host::{DataDir, Host, HostOptions},
    launch::{Choice, Ended, How, LaunchRequest, Observer, launch},
    prelude::*,
    view::JobStatus,
};

/// Describes its one shard at length
#[derive(Splitter)]
#[splitter(name = "talkative-split", shard = String)]
struct TalkativeSplit {
    /// Bytes of the description
    #[param]
    bytes: usize,
}

impl Split for TalkativeSplit {
    fn split(&mut self, _: &Context) -> Result<Vec<String>> {
        Ok(vec!["x".repeat(self.bytes)])
    }
}

/// Makes one number of a shard
#[derive(Loader)]
#[loader(name = "talkative-load", shard = String, cursor = u64, output = Number)]
struct TalkativeLoad {
    done: u64,
}

impl Load for TalkativeLoad {
    fn open(&mut self, _: String, cursor: Option<u64>, _: &Context) -> Result<()> {
        self.done = cursor.unwrap_or(0);
        Ok(())
    }

    fn load(&mut self, out: &mut Emitter<Number>, _: &Context) -> Result<bool> {
        out.emit(Number { value: 1 });
        self.done += 1;
        Ok(false)
    }

    fn cursor(&self) -> u64 {
        self.done
    }
}

/// Remembers more than a checkpoint holds
#[derive(Processor)]
#[processor(name = "hoard", input = Number, output = Number)]
struct Hoard {
    /// Bytes that it remembers
    #[param]
    bytes: usize,
    #[state]
    kept: String,
}

impl Process for Hoard {
    fn process(&mut self, item: Number, out: &mut Emitter<Number>, _: &Context) -> Result<()> {
        self.kept = "x".repeat(self.bytes);
        out.emit(item);
        Ok(())
    }
}

/// Sees nothing: the end is enough.
struct Blind;

impl Observer for Blind {
    fn started(&mut self, _: &Host, _: &JobStatus, _: bool) {}
    fn running(&mut self, _: &JobStatus) {}
    fn stalled(&mut self, _: &str) {}
    fn unstalled(&mut self) {}
    fn draining(&mut self) {}
    fn closing(&mut self) {}
}

fn run(described: usize, kept: usize) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.toml");
    let chain = format!(
        r#"
        [chain]
        name = "large"

        [nodes.split]
        processor = "talkative-split"
        bytes     = {described}

        [nodes.load]
        processor = "talkative-load"
        after     = "split"

        [nodes.hoard]
        processor = "hoard"
        after     = "load"
        bytes     = {kept}

        [nodes.write]
        processor = "jsonl-write"
        after     = "hoard"
        path      = "out"
        "#
    );
    fs::write(&file, chain).unwrap();
    let given = Given::new(jiff::Timestamp::UNIX_EPOCH, folder.path());
    let request = LaunchRequest { file, given, limit: None, id: None, rules: None };
    let data = DataDir::new(folder.path().join("data"));
    launch(&request, data, HostOptions::default(), Choice::Same, &mut Blind).unwrap()
}

/// The one failure of a job: `class of attempt in stage, shard: text`.
fn only_failure(ended: &Ended) -> String {
    assert_eq!((&ended.how, ended.status.failures.len()), (&How::Failed, 1), "{:#?}", ended.status);
    let failure = &ended.status.failures[0];
    let node = failure.node.as_deref().unwrap_or("-");
    format!(
        "{} failure of attempt {} in `{}`, shard {}, node {node}: {}",
        failure.class, failure.attempt, failure.stage, failure.shard, failure.text
    )
}

#[test]
fn what_fits_is_run() {
    assert_eq!(run(60 << 10, 900 << 10).how, How::Succeeded);
}

#[test]
fn a_shard_whose_description_is_too_large_fails_the_job_at_once() {
    insta::assert_snapshot!(only_failure(&run(100 << 10, 0)), @"fatal failure of attempt 1 in `split`, shard 0, node -: a shard's description is 102402, and the limit is 65536: put less into the splitter's shard type, such as the name of a list instead of it");
}

#[test]
fn a_state_that_no_checkpoint_holds_names_its_node() {
    insta::assert_snapshot!(only_failure(&run(10, 2 << 20)), @"fatal failure of attempt 1 in `load+hoard+write`, shard 0, node hoard: what the node remembers takes 2097163 of a checkpoint's 2097185 bytes, and the limit is 1048576: keep less in the cursor and in `#[state]` fields");
}
