//! What the tests of built-in processors share: contexts, and nodes built as a chain file would.

use std::{path::Path, sync::Arc};

use dyeline_processors::{
    Result,
    contract::{
        BuildArgs, Chunk, Context, ItemRun, LoadNode, Node, ParamMap, RecordType, SinkNode,
        context::{Attempt, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    disk::{Disk, os_disk},
};
use serde_json::Value;

/// An attempt of job `job1` at a shard.
pub fn attempt(shard: u32, fence: u64, chunk_rows: usize) -> Attempt {
    Attempt {
        job: "job1".to_owned(),
        chain: "test-chain".to_owned(),
        version: None,
        node: "node".to_owned(),
        shard,
        attempt: 1,
        fence,
        stop: StopFlag::default(),
        deadline: None,
        disk: os_disk(),
        spool: "unused".into(),
        chunk_rows,
        futures: None,
    }
}

/// A context of job `job1` at shard 0.
pub fn context(chunk_rows: usize) -> Context {
    Context::new(attempt(0, 1, chunk_rows))
}

/// A context over a disk of the test's own.
pub fn context_on(disk: Arc<dyn Disk>, job: &str, shard: u32, fence: u64) -> Context {
    Context::new(Attempt { job: job.to_owned(), disk, ..attempt(shard, fence, 100) })
}

/// Builds a processor; mistakes come as `param: message`, joined.
pub fn build(name: &str, params: Value, record: Option<RecordType>) -> Result<Node, String> {
    let registry = Registry::linked().map_err(|e| format!("{e:?}"))?;
    let processor = registry.processors.get(name).ok_or("no such processor")?;
    let params: ParamMap = serde_json::from_value(params).map_err(|e| e.to_string())?;
    let inputs: Vec<RecordType> = record.into_iter().collect();
    let (sorted_by, combine, merge, concurrency) = (None, false, false, None);
    let args = BuildArgs { params: &params, record, inputs: &inputs, sorted_by, combine, merge, concurrency };
    (processor.build)(&args).map_err(|mistakes| {
        let lines: Vec<_> = mistakes.iter().map(|m| format!("{}: {}", m.param, m.message)).collect();
        lines.join("\n")
    })
}

/// Runs a splitter.
pub fn split(name: &str, params: Value) -> Result<Vec<Vec<u8>>> {
    match build(name, params, None) {
        Ok(Node::Split(mut split)) => split.split(&context(1)),
        Ok(_) => panic!("{name} is no splitter"),
        Err(e) => panic!("{e}"),
    }
}

/// Builds a loader.
pub fn loader(name: &str, params: Value, record: Option<RecordType>) -> Box<dyn LoadNode> {
    match build(name, params, record) {
        Ok(Node::Load(load)) => load,
        Ok(_) => panic!("{name} is no loader"),
        Err(e) => panic!("{e}"),
    }
}

/// Builds a sink.
pub fn sink(name: &str, path: &Path, record: RecordType) -> Box<dyn SinkNode> {
    match build(name, serde_json::json!({ "path": path }), Some(record)) {
        Ok(Node::Sink(sink)) => sink,
        Ok(_) => panic!("{name} is no sink"),
        Err(e) => panic!("{e}"),
    }
}

/// A run that gives up any number of items and keeps them.
pub fn run(cx: &Context) -> ItemRun {
    let policy = ItemPolicy { skip_limit: Some(u64::MAX), dead_letters: true, exhausted: Vec::new() };
    ItemRun::new(cx.clone(), 0, policy)
}

/// Loads everything from where the loader stands; one vector for each chunk.
pub fn load_all<T: Clone + 'static>(load: &mut dyn LoadNode, run: &mut ItemRun) -> Vec<Vec<T>> {
    let mut chunk: Chunk = load.chunk();
    let mut chunks = Vec::new();
    loop {
        let more = load.load(&mut chunk, run).unwrap_or_else(|f| panic!("{}", f.error));
        if !chunk.is_empty() {
            chunks.push(chunk.items::<T>().clone());
        }
        if !more {
            return chunks;
        }
    }
}
