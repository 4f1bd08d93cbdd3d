//! From a hand-out to a stage that is ready to run: nodes built, wired, opened, restored.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use dyeline_engine::{
    HandOut,
    plan::{Exchange, OutputKind, Source, Stage, StageNode},
};
use dyeline_processors::{
    Error, Result,
    builtin::DeadLetterRecord,
    contract::{
        Context, ItemPlace, ItemRun, Node, ParamMap, RecordType,
        context::{Attempt, Calling, StopFlag},
        registry::Registry,
        run::ItemPolicy,
    },
    spool::{Cut, SpoolInput, SpoolName, SpoolPart, SpoolReader, SpoolWriter},
};

use super::{
    checkpoint::StageCheckpoint,
    running::{Environment, until},
    stage::{Body, Inputs, Member, Port, StageRun},
};
use crate::job::{Work, find_record};

/// What one attempt is built from.
pub(crate) struct Assembly<'a> {
    pub out: &'a HandOut,
    pub work: &'a Work,
    pub env: &'a Environment,
    pub stop: &'a StopFlag,
    pub calling: Calling,
}

impl Assembly<'_> {
    /// The stage of the task.
    pub fn stage(&self) -> Result<&Stage> {
        let at = self.out.task.stage;
        self.out
            .plan
            .stages
            .get(at as usize)
            .ok_or_else(|| Error::fatal(format!("the plan has no stage {at}")))
    }

    /// The context of a node in this attempt.
    pub fn context(&self, node: &StageNode) -> Context {
        let out = self.out;
        let deadline = out.deadline.map(|at| Instant::now() + until(at));
        let attempt = Attempt {
            job: out.task.job.to_string(),
            chain: out.spec.chain.clone(),
            version: Some(out.spec.version.clone()).filter(|v| !v.is_empty()),
            node: node.name.clone(),
            shard: out.task.shard,
            attempt: out.attempt,
            fence: out.fence.0,
            stop: self.stop.clone(),
            deadline,
            disk: Arc::clone(&self.env.disk),
            spool: self.env.spool_of(out.task.job),
            chunk_rows: self.work.chunk_rows,
            futures: self.env.futures.clone(),
        };
        Context::in_lane(attempt, self.calling.clone())
    }

    /// The live parameters, by node.
    pub fn live(&self) -> Result<BTreeMap<String, ParamMap>> {
        live_params(&self.out.params.bytes)
    }

    /// Builds one node.
    pub fn node(&self, node: &StageNode) -> Result<Node> {
        self.work.build(node, &self.live()?, &self.env.registry).map_err(Error::from)
    }

    /// Builds, wires, opens and restores the stage.
    pub fn stage_run(&self) -> Result<StageRun> {
        let stage = self.stage()?;
        let mut members = Vec::with_capacity(stage.nodes.len());
        for node in &stage.nodes {
            members.push(self.member(node)?);
        }
        let mut run = StageRun {
            members,
            inputs: Inputs::default(),
            spools: stage.outputs.iter().map(|_| None).collect(),
            row: self.out.checkpoint.as_ref().map_or(0, |c| c.row),
            ended: false,
        };
        self.wire(stage, &mut run)?;
        self.open(stage, &mut run)?;
        Ok(run)
    }

    fn member(&self, node: &StageNode) -> Result<Member> {
        let body = match self.node(node)? {
            Node::Load(load) => Body::Load(load),
            Node::Process(process) => Body::Process(process),
            Node::Sink(sink) => Body::Sink(sink),
            Node::Split(_) => {
                return Err(Error::fatal(format!("the splitter `{}` stands inside of a stage", node.name)));
            }
        };
        let registry: &Registry = &self.env.registry;
        let processor = self.work.processor(node, registry)?;
        let mut ports = Vec::new();
        if !matches!(body, Body::Sink(_)) {
            for port in 0..processor.outputs.len() as u32 {
                let record = self.work.output_record(node, port, processor, registry)?;
                ports.push(port_of(record));
            }
        }
        ports.push(port_of(RecordType::of::<DeadLetterRecord>()));
        let places = self.out.exhausted.iter().filter(|p| p.node == node.node);
        let text = format!("failed again after {} retries", node.policy.retry.unwrap_or_default().max);
        let policy = ItemPolicy {
            skip_limit: node.policy.skip.map(|s| s.limit),
            dead_letters: false,
            exhausted: places
                .map(|p| (ItemPlace { row: p.row, node: p.node, index: p.index }, text.clone()))
                .collect(),
        };
        let run = ItemRun::new(self.context(node), node.node, policy);
        Ok(Member { node: node.node, body, run, ports, output: None })
    }

    /// Connects ports to their readers, spools and parts.
    fn wire(&self, stage: &Stage, run: &mut StageRun) -> Result<()> {
        for (at, node) in stage.nodes.iter().enumerate() {
            let Some((parent, port, input)) = node.parent else { continue };
            run.port(parent as usize, port)?.to.push((at, input));
        }
        for (at, output) in stage.outputs.iter().enumerate() {
            match &output.kind {
                OutputKind::Parts => run.member(output.node as usize)?.output = Some(at as u32),
                OutputKind::Spool { exchange, record } => {
                    run.port(output.node as usize, output.port)?.spools.push(at);
                    let name = &stage.nodes[output.node as usize].name;
                    let record = find_record(name, record, &self.env.registry)?;
                    run.spools[at] = Some(self.spool_writer(at as u32, exchange.as_ref(), record)?);
                }
            }
        }
        for member in &mut run.members {
            let letters = member.ports.last();
            member.run.policy.dead_letters =
                letters.is_some_and(|p| !p.to.is_empty() || !p.spools.is_empty());
        }
        if let Source::Spool(inputs) = &stage.source {
            let read = inputs
                .iter()
                .enumerate()
                .map(|(at, i)| self.spool_input(at, i))
                .collect::<Result<Vec<_>>>()?;
            let folder = self.env.spool_of(self.out.task.job);
            let reader = SpoolReader::new(Arc::clone(&self.env.disk), &folder, read, self.work.chunk_rows)?;
            run.inputs.reader = Some(reader);
        }
        Ok(())
    }

    fn spool_writer(
        &self,
        output: u32,
        exchange: Option<&Exchange>,
        record: RecordType,
    ) -> Result<SpoolWriter> {
        let out = self.out;
        let cut = match exchange {
            Some(Exchange::By { field, shards }) => {
                let place = record.schema.field(field).ok_or_else(|| {
                    Error::fatal(format!(
                        "the record {} has no field `{field}` to exchange by",
                        record.schema.name
                    ))
                })?;
                Cut::By { field: place, partitions: *shards }
            }
            Some(Exchange::ByEach { .. }) => {
                return Err(Error::fatal(format!(
                    "output {output} is exchanged by the fields of several inputs"
                )));
            }
            Some(Exchange::Gather | Exchange::Sorted { .. }) | None => Cut::Whole,
        };
        let folder = self.env.spool_of(out.task.job);
        let name = SpoolName { stage: out.task.stage, output, shard: out.task.shard, fence: out.fence.0 };
        Ok(SpoolWriter::new(Arc::clone(&self.env.disk), &folder, name, record, cut))
    }

    /// What one input's producers left for this shard.
    fn spool_input(&self, at: usize, input: &dyeline_engine::plan::SpoolInput) -> Result<SpoolInput> {
        let (stage, output) = (input.stage, input.output);
        let missing =
            || Error::fatal(format!("the hand-out lacks what output {output} of stage {stage} left"));
        let given = self.out.inputs.get(at).ok_or_else(missing)?;
        let producer = self.out.plan.stages.get(stage as usize).ok_or_else(missing)?;
        let made = producer.outputs.get(output as usize).ok_or_else(missing)?;
        let OutputKind::Spool { exchange, record } = &made.kind else { return Err(missing()) };
        let name = &producer.nodes[made.node as usize].name;
        let record = find_record(name, record, &self.env.registry)?;
        let partition = match exchange {
            Some(Exchange::By { .. }) => self.out.task.shard,
            _ => 0,
        };
        // Without an exchange a shard reads what the same shard left, also behind a barrier, which hands out all.
        let own = |shard: u32| exchange.is_some() || shard == self.out.task.shard;
        let parts = given.artifacts.iter().filter(|(shard, _)| own(*shard));
        let parts = parts.map(|(_, part)| SpoolPart::decode(part)).collect::<Result<Vec<_>>>()?;
        Ok(SpoolInput { port: input.input, record, partition, parts })
    }

    /// Opens every node, at the beginning or at the checkpoint.
    fn open(&self, stage: &Stage, run: &mut StageRun) -> Result<()> {
        let saved = match &self.out.checkpoint {
            Some(c) => Some(
                StageCheckpoint::read(&c.bytes)
                    .map_err(|e| e.context(format!("read checkpoint {} of the shard", c.seq)))?,
            ),
            None => None,
        };
        let cursor = saved.as_ref().map(|s| s.cursor.as_slice());
        for (member, node) in run.members.iter_mut().zip(&stage.nodes) {
            let cx = member.run.cx.clone();
            let opened = match &mut member.body {
                Body::Load(load) => load.open(self.out.shard.as_ref().map(|s| &*s.bytes), cursor, &cx),
                Body::Process(process) => process.open(&cx),
                Body::Sink(sink) => sink.open(&self.closed(member.output), &cx),
            };
            opened.map_err(|e| e.context(format!("open node `{}`", node.name)))?;
        }
        let Some(saved) = saved else { return Ok(()) };
        for state in &saved.states {
            let member = run.member(state.member as usize)?;
            if let Body::Process(process) = &mut member.body {
                process.restore(&state.bytes)?;
            }
        }
        for (member, given_up) in run.members.iter_mut().zip(&saved.given_up) {
            member.run.given_up = *given_up;
        }
        if let Some(reader) = &mut run.inputs.reader {
            reader.resume(&saved.cursor)?;
        }
        Ok(())
    }

    /// What the shard's checkpoints so far closed of an output.
    fn closed(&self, output: Option<u32>) -> Vec<&[u8]> {
        self.out.left.iter().filter(|a| Some(a.output) == output).map(|a| &*a.bytes).collect()
    }
}

fn port_of(record: RecordType) -> Port {
    Port { chunk: None, ops: record.ops, to: Vec::new(), spools: Vec::new() }
}

/// Reads live parameters as they are logged: JSON, node → parameter → value.
pub(crate) fn live_params(bytes: &[u8]) -> Result<BTreeMap<String, ParamMap>> {
    if bytes.is_empty() {
        return Ok(BTreeMap::new());
    }
    serde_json::from_slice(bytes).map_err(|e| Error::fatal(format!("read the live parameters: {e}")))
}

impl StageRun {
    fn member(&mut self, at: usize) -> Result<&mut Member> {
        self.members.get_mut(at).ok_or_else(|| Error::fatal(format!("the stage has no node {at}")))
    }

    fn port(&mut self, at: usize, port: u32) -> Result<&mut Port> {
        let member = self.member(at)?;
        member
            .ports
            .get_mut(port as usize)
            .ok_or_else(|| Error::fatal(format!("node {at} has no output {port}")))
    }
}
