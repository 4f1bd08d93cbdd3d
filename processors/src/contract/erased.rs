//! What the worker drives: nodes without their types. Called once per chunk, never once per item.

use std::path::{Path, PathBuf};

use super::{Chunk, Context, Failure, ItemRun, ParamError, ParamMap, Result};

/// A processor, built from its parameters and ready for one attempt.
pub enum Node {
    /// Finds shards.
    Split(Box<dyn SplitNode>),
    /// Reads a shard.
    Load(Box<dyn LoadNode>),
    /// Processes, reduces or aggregates.
    Process(Box<dyn ProcessNode>),
    /// Writes.
    Sink(Box<dyn SinkNode>),
}

/// Finds the shards of a job.
pub trait SplitNode: Send {
    /// The files it reads.
    fn inputs(&self) -> Vec<PathBuf>;
    /// Called by the launch before any work: whether what it reads is as it must be.
    fn check(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }
    /// The shards' descriptions, as JSON.
    fn split(&mut self, cx: &Context) -> Result<Vec<Vec<u8>>>;
}

/// Reads one shard.
pub trait LoadNode: Send {
    /// The files it reads.
    fn inputs(&self) -> Vec<PathBuf>;
    /// Called by the launch before any work: whether what it reads is as it must be.
    fn check(&mut self, cx: &Context) -> Result<()> {
        let _ = cx;
        Ok(())
    }
    /// Starts the shard (`None`: the loader has no splitter) at its beginning or at a cursor.
    fn open(&mut self, shard: Option<&[u8]>, cursor: Option<&[u8]>, cx: &Context) -> Result<()>;
    /// An empty chunk of what it loads.
    fn chunk(&self) -> Chunk;
    /// Fills `out` with [`Context::chunk_rows`] rows; rejected rows go through `run`. `false` when there are no more.
    /// Counts read, passed, emitted and bytes.
    fn load(&mut self, out: &mut Chunk, run: &mut ItemRun) -> Result<bool, Failure>;
    /// Appends the cursor.
    fn save(&mut self, cursor: &mut Vec<u8>) -> Result<()>;
    /// Takes over changed live parameters.
    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>>;
}

/// Works on chunks between a loader and a sink.
pub trait ProcessNode: Send {
    /// Called once in every attempt, before the first chunk (and before [`ProcessNode::restore`]).
    fn open(&mut self, cx: &Context) -> Result<()>;
    /// An empty chunk of what an output port makes.
    fn chunk(&self, port: u32) -> Chunk;
    /// Takes all items of `input`, which is left empty with its memory. Counts read, passed, filtered, emitted.
    fn process(&mut self, port: u32, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure>;
    /// The shard has no more items: makes what is left, a bounded part at each call; `false` when nothing is left.
    fn finish(&mut self, run: &mut ItemRun) -> Result<bool, Failure>;
    /// Swaps what an output port holds with an empty chunk.
    fn take(&mut self, port: u32, chunk: &mut Chunk);
    /// Whether a checkpoint may be taken after the current chunk: a combining aggregate says so only when it is
    /// empty, at fixed row numbers, so that a resumed job gives the same bytes.
    fn at_boundary(&self) -> bool {
        true
    }
    /// Appends the state.
    fn save(&mut self, state: &mut Vec<u8>) -> Result<()>;
    /// Takes back what [`ProcessNode::save`] wrote.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
    /// Takes over changed live parameters.
    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>>;
}

/// What a sink closed at a checkpoint, or at the end of a shard.
pub struct Closed {
    /// What names it, for the checkpoint and the manifest; opaque to the framework.
    pub part: Vec<u8>,
    /// Makes it durable; called off the computing path, before the checkpoint is reported.
    pub settle: Box<dyn FnOnce() -> Result<()> + Send>,
}

/// Sends chunks to the outside.
pub trait SinkNode: Send {
    /// The folder that belongs to this node alone, and the parameter that names it. Two nodes of a chain with the same
    /// one are refused before any work.
    fn folder(&self) -> Option<(&'static str, &Path)> {
        None
    }
    /// Called by the launch before any work: whether the outside can be written to at all.
    fn prepare(&mut self, cx: &Context) -> Result<()>;
    /// Called once in every attempt, before the first chunk. `closed` is what the shard's checkpoints so far have closed
    /// ([`Closed::part`]), in their order.
    fn open(&mut self, closed: &[&[u8]], cx: &Context) -> Result<()>;
    /// Writes all items of `input`, which is left empty with its memory. Counts read, passed, bytes.
    fn write(&mut self, input: &mut Chunk, run: &mut ItemRun) -> Result<(), Failure>;
    /// A checkpoint follows: closes what was written since the last one, if anything.
    fn close(&mut self, cx: &Context) -> Result<Option<Closed>>;
    /// The shard has ended: closes what was written since the last checkpoint. A sink whose output must not show where
    /// its checkpoints were joins what they closed.
    fn finish(&mut self, cx: &Context) -> Result<Option<Closed>> {
        self.close(cx)
    }
    /// All shards are done: makes what they left, in the order of shards and checkpoints, visible as one. Returns what
    /// was published, such as a path. May be called again after a crash.
    fn publish(&mut self, left: &[&[u8]], cx: &Context) -> Result<Option<String>>;
    /// The job failed or was cancelled, or the attempts that left this are lost: removes it. May be called again.
    fn discard(&mut self, left: &[&[u8]], cx: &Context) -> Result<()>;
    /// Takes over changed live parameters.
    fn set_live(&mut self, params: &ParamMap) -> Result<(), Vec<(String, ParamError)>>;
}
