//! A stage at work on one shard: chunks go through its nodes depth first, in one thread, in reused buffers.
//!
//! ```text
//!   source ──chunk──▶ member 0 ──port 0──▶ member 1 ──▶ …
//!                        │  └──port 1──▶ member 2 (a branch)
//!                        └──dead letters──▶ member 3
//! ```

use dyeline_processors::{
    builtin::DeadLetterRecord,
    contract::{Chunk, Closed, Failure, ItemRun, LoadNode, NodeCounts, ProcessNode, RecordOps, SinkNode},
    spool::{SpoolReader, SpoolWriter},
};

/// A stage, built and opened for one attempt.
pub(crate) struct StageRun {
    /// The nodes, in plan order.
    pub members: Vec<Member>,
    /// Where items come from when the first member is not a loader.
    pub inputs: Inputs,
    /// What leaves through the spool, by place in the stage's outputs.
    pub spools: Vec<Option<SpoolWriter>>,
    /// Source rows taken so far, in the whole shard.
    pub row: u64,
    /// Whether every node has given all it had.
    pub ended: bool,
}

/// One node at work.
pub(crate) struct Member {
    /// Its place in the chain's graph.
    pub node: u32,
    /// What it does.
    pub body: Body,
    /// Its counts and places.
    pub run: ItemRun,
    /// Its outputs; the last one carries dead letters.
    pub ports: Vec<Port>,
    /// Which of the stage's outputs its parts are, for a sink.
    pub output: Option<u32>,
}

/// What a member does.
pub(crate) enum Body {
    Load(Box<dyn LoadNode>),
    Process(Box<dyn ProcessNode>),
    Sink(Box<dyn SinkNode>),
}

/// One output port of a member.
pub(crate) struct Port {
    /// The buffer; absent only while its items are on their way.
    pub chunk: Option<Chunk>,
    /// For copies, when several nodes read it.
    pub ops: &'static dyn RecordOps,
    /// Who reads it: `(member, input port)`.
    pub to: Vec<(usize, u32)>,
    /// Which spools it goes to.
    pub spools: Vec<usize>,
}

/// Items from other stages, read one input after the other.
#[derive(Default)]
pub(crate) struct Inputs {
    /// Reads them; absent for a stage that starts with a loader.
    pub reader: Option<SpoolReader>,
    /// A buffer for each input port.
    pub chunks: Vec<Chunk>,
}

/// A failure, with the node it happened in.
pub(crate) struct StageFailure {
    /// The node, by its place in the graph.
    pub node: Option<u32>,
    /// What happened.
    pub failure: Failure,
}

/// What a checkpoint closes.
#[derive(Default)]
pub(crate) struct ClosedOutputs {
    /// By place in the stage's outputs.
    pub parts: Vec<(u32, Closed)>,
}

impl StageRun {
    /// Moves one chunk through the stage; `false` when the source has no more.
    pub fn step(&mut self) -> Result<bool, StageFailure> {
        if matches!(self.members.first(), Some(Member { body: Body::Load(_), .. })) {
            self.step_loader()
        } else {
            self.step_inputs()
        }
    }

    fn step_loader(&mut self) -> Result<bool, StageFailure> {
        let row = self.row;
        let member = &mut self.members[0];
        let Body::Load(loader) = &mut member.body else { return Ok(false) };
        member.run.row = row;
        let before = member.run.counts.read;
        let mut chunk = member.ports[0].chunk.take().unwrap_or_else(|| loader.chunk());
        let more = loader.load(&mut chunk, &mut member.run);
        let rows = member.run.counts.read - before;
        let node = member.node;
        let more = more.map_err(|failure| StageFailure { node: Some(node), failure })?;
        self.hand_on(0, 0, &mut chunk)?;
        chunk.clear();
        self.members[0].ports[0].chunk = Some(chunk);
        self.hand_on_dead_letters(0)?;
        self.row += rows;
        Ok(more)
    }

    fn step_inputs(&mut self) -> Result<bool, StageFailure> {
        let Some(reader) = &mut self.inputs.reader else { return Ok(false) };
        let Some(port) = reader.port() else { return Ok(false) };
        while self.inputs.chunks.len() <= port as usize {
            self.inputs.chunks.push(reader.chunk(self.inputs.chunks.len() as u32));
        }
        let member = &mut self.members[0];
        let node = Some(member.node);
        let mut chunk = self.inputs.chunks.swap_remove(port as usize);
        // Bytes are the first node's; what was read, it counts itself.
        let more = reader.load(&mut chunk, &mut member.run.counts);
        let more = more.map_err(|e| StageFailure { node, failure: e.into() })?;
        let rows = chunk.len() as u64;
        if rows > 0 {
            self.enter(0, port, &mut chunk)?;
        }
        chunk.clear();
        self.inputs.chunks.push(chunk);
        let last = self.inputs.chunks.len() - 1;
        self.inputs.chunks.swap(port as usize, last);
        self.row += rows;
        Ok(more)
    }

    /// Ends the stage: each node gives what it still holds, parents before children.
    pub fn finish(&mut self) -> Result<(), StageFailure> {
        let rows = self.row;
        let finished = (0..self.members.len()).try_for_each(|at| self.finish_member(at));
        self.row = rows;
        self.ended = finished.is_ok();
        finished
    }

    /// Hands on what a node still holds, as if each chunk of it began with a row behind the last: a place, and the first
    /// row that a sink is told, stay those of one chunk.
    fn finish_member(&mut self, at: usize) -> Result<(), StageFailure> {
        loop {
            let row = self.row;
            let member = &mut self.members[at];
            let Body::Process(node) = &mut member.body else { return Ok(()) };
            member.run.row = row;
            let more = node
                .finish(&mut member.run)
                .map_err(|failure| StageFailure { node: Some(member.node), failure })?;
            self.hand_on_all(at)?;
            self.row += 1;
            if !more {
                return Ok(());
            }
        }
    }

    /// Whether a checkpoint may be taken between this chunk and the next.
    pub fn at_boundary(&self) -> bool {
        self.members.iter().all(|m| match &m.body {
            Body::Process(node) => node.at_boundary(),
            Body::Load(_) | Body::Sink(_) => true,
        })
    }

    /// Closes what was written since the last checkpoint, or what the shard has left if it has ended.
    pub fn close(&mut self) -> Result<ClosedOutputs, StageFailure> {
        let mut closed = ClosedOutputs::default();
        for (output, spool) in self.spools.iter_mut().enumerate() {
            let Some(spool) = spool else { continue };
            let part = spool.close().map_err(|e| StageFailure { node: None, failure: e.into() })?;
            closed.parts.extend(part.map(|part| (output as u32, part)));
        }
        for member in &mut self.members {
            let (Body::Sink(sink), Some(output)) = (&mut member.body, member.output) else { continue };
            let cx = &member.run.cx;
            let part = if self.ended { sink.finish(cx) } else { sink.close(cx) };
            let part = part.map_err(|e| StageFailure { node: Some(member.node), failure: e.into() })?;
            closed.parts.extend(part.map(|part| (output, part)));
        }
        Ok(closed)
    }

    /// Takes the counts since the last checkpoint, by node of the graph.
    pub fn take_counts(&mut self) -> Vec<(u32, NodeCounts)> {
        self.members.iter_mut().map(|m| (m.node, std::mem::take(&mut m.run.counts))).collect()
    }

    /// Gives a chunk to a member, and what the member makes of it to its readers. The chunk comes back empty.
    fn enter(&mut self, at: usize, port: u32, chunk: &mut Chunk) -> Result<(), StageFailure> {
        let row = self.row;
        let member = &mut self.members[at];
        member.run.row = row;
        let done = match &mut member.body {
            Body::Process(node) => node.process(port, chunk, &mut member.run),
            Body::Sink(sink) => sink.write(chunk, &mut member.run),
            Body::Load(_) => Ok(()),
        };
        let node = member.node;
        done.map_err(|failure| StageFailure { node: Some(node), failure })?;
        self.hand_on_all(at)?;
        self.hand_on_dead_letters(at)
    }

    /// Hands on what every output port of a processor holds.
    fn hand_on_all(&mut self, at: usize) -> Result<(), StageFailure> {
        let made = self.members[at].ports.len().saturating_sub(1);
        for port in 0..made {
            let member = &mut self.members[at];
            let Body::Process(node) = &mut member.body else { return Ok(()) };
            let mut chunk = member.ports[port].chunk.take().unwrap_or_else(|| node.chunk(port as u32));
            node.take(port as u32, &mut chunk);
            self.hand_on(at, port, &mut chunk)?;
            chunk.clear();
            self.members[at].ports[port].chunk = Some(chunk);
        }
        Ok(())
    }

    fn hand_on_dead_letters(&mut self, at: usize) -> Result<(), StageFailure> {
        let member = &mut self.members[at];
        if member.run.dead_letters.is_empty() {
            return Ok(());
        }
        let cx = &member.run.cx;
        let letters =
            member.run.dead_letters.drain(..).map(|l| DeadLetterRecord::new(cx, l)).collect::<Vec<_>>();
        let port = member.ports.len() - 1;
        self.hand_on(at, port, &mut Chunk::of(letters))
    }

    /// Hands the items of a port to all who read it; the last one gets the chunk itself, the others a copy.
    fn hand_on(&mut self, at: usize, port: usize, chunk: &mut Chunk) -> Result<(), StageFailure> {
        if chunk.is_empty() {
            return Ok(());
        }
        for i in 0..self.members[at].ports[port].spools.len() {
            let spool = self.members[at].ports[port].spools[i];
            if let Some(writer) = &mut self.spools[spool] {
                let node = Some(self.members[at].node);
                let bytes = writer.write(chunk).map_err(|e| StageFailure { node, failure: e.into() })?;
                self.members[at].run.counts.bytes_out += bytes;
            }
        }
        let readers = self.members[at].ports[port].to.len();
        for i in 0..readers {
            let (to, input) = self.members[at].ports[port].to[i];
            if i + 1 == readers {
                self.enter(to, input, chunk)?;
            } else {
                let ops = self.members[at].ports[port].ops;
                let mut copy = ops.chunk(chunk.len());
                ops.clone_into(chunk, &mut copy);
                self.enter(to, input, &mut copy)?;
            }
        }
        Ok(())
    }
}
