//! What workers need to know of a job besides its plan: each node's parameters and records. Logged with the job.

use std::collections::BTreeMap;

use dyeline_engine::{
    JobSpec,
    plan::{Graph, RecordRef, StageNode},
};
use dyeline_processors::contract::{
    BuildArgs, Node, ParamMap, PortRecord, ProcessorType, RecordType, registry::Registry,
};
use serde::{Deserialize, Serialize};

/// Rows in a full chunk. Large enough that what happens once per chunk costs nothing, small enough that a chunk of a
/// few fields stays in a core's nearest caches while it moves through a stage.
pub const CHUNK_ROWS: usize = 1024;

/// The version of [`Work`] as it is logged.
const VERSION: u32 = 1;

/// The nodes of a job as workers build them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The version of this form.
    version: u32,
    /// Rows in a full chunk; frozen, since chunk boundaries are part of what makes a resumed job give the same bytes.
    pub chunk_rows: usize,
    /// The most items that the preview of a chain takes from each shard; `None` outside of previews.
    pub limit: Option<u64>,
    /// The chain's nodes and edges.
    pub graph: Graph,
    /// Each node's parameters, by its place in the graph.
    pub params: Vec<ParamMap>,
    /// The record that each node's `record` key names.
    pub records: Vec<Option<String>>,
}

/// Why a node of a logged job cannot be built by this program.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The logged form is not one this program knows.
    #[error("read the nodes of the job: {0}")]
    Form(String),
    /// The program has no such processor.
    #[error(
        "node `{node}` needs the processor `{processor}`, which this program does not have: link the crate that defines it"
    )]
    NoProcessor {
        /// The node.
        node: String,
        /// The processor's name.
        processor: String,
    },
    /// The program has no such record, or another one of that name.
    #[error(
        "node `{node}` needs the record `{record}` with schema hash {hash:016x}, and this program has {found}: its schema changed since the job began"
    )]
    NoRecord {
        /// The node.
        node: String,
        /// The record's name.
        record: String,
        /// Its hash in the job.
        hash: u64,
        /// What the program has.
        found: String,
    },
    /// A parameter no longer fits.
    #[error("node `{node}`: {mistakes}")]
    Params {
        /// The node.
        node: String,
        /// What is wrong.
        mistakes: String,
    },
}

impl Work {
    /// The work of a chain.
    pub fn new(graph: Graph, params: Vec<ParamMap>, records: Vec<Option<String>>) -> Self {
        Self { version: VERSION, chunk_rows: CHUNK_ROWS, limit: None, graph, params, records }
    }

    /// The form that is logged.
    pub fn encode(&self) -> Result<Vec<u8>, WorkError> {
        serde_json::to_vec(self).map_err(|e| WorkError::Form(e.to_string()))
    }

    /// Reads the form that is logged.
    pub fn decode(bytes: &[u8]) -> Result<Self, WorkError> {
        let work: Self = serde_json::from_slice(bytes).map_err(|e| WorkError::Form(e.to_string()))?;
        if work.version != VERSION {
            let text = format!("it has version {}, this program knows version {VERSION}", work.version);
            return Err(WorkError::Form(text));
        }
        Ok(work)
    }

    /// Whether this program can build every node of a logged job, which is to be known before anything of it runs again.
    pub fn check(spec: &JobSpec, registry: &Registry) -> Result<(), WorkError> {
        let work = Self::decode(&spec.node_params)?;
        let mut nodes = spec.plan.stages.iter().flat_map(|s| &s.nodes);
        nodes.try_for_each(|node| work.build(node, &BTreeMap::new(), registry).map(drop))
    }

    /// The processor of a node.
    pub fn processor(
        &self,
        node: &StageNode,
        registry: &Registry,
    ) -> Result<&'static ProcessorType, WorkError> {
        let missing =
            || WorkError::NoProcessor { node: node.name.clone(), processor: node.processor.clone() };
        registry.processors.get(node.processor.as_str()).copied().ok_or_else(missing)
    }

    /// Builds a node of a stage, with the live parameters laid over those of the launch.
    pub fn build(
        &self,
        node: &StageNode,
        live: &BTreeMap<String, ParamMap>,
        registry: &Registry,
    ) -> Result<Node, WorkError> {
        let processor = self.processor(node, registry)?;
        let at = node.node as usize;
        let mut params = self.params.get(at).cloned().unwrap_or_default();
        if let Some(changed) = live.get(&node.name) {
            params.extend(changed.clone());
        }
        let inputs = self.input_records(node, processor, registry)?;
        let args = BuildArgs {
            params: &params,
            record: self.declared(node, registry)?,
            inputs: &inputs,
            sorted_by: node.sorted_by.as_deref(),
            combine: node.combine,
            merge: node.merge,
            concurrency: None,
        };
        (processor.build)(&args).map_err(|mistakes| {
            let texts = mistakes.iter().map(|m| {
                if m.param.is_empty() { m.message.clone() } else { format!("`{}`: {}", m.param, m.message) }
            });
            WorkError::Params { node: node.name.clone(), mistakes: texts.collect::<Vec<_>>().join("; ") }
        })
    }

    /// What arrives at each input port of a node.
    fn input_records(
        &self,
        node: &StageNode,
        processor: &ProcessorType,
        registry: &Registry,
    ) -> Result<Vec<RecordType>, WorkError> {
        if node.merge {
            return Ok(vec![self.output_record(node, 0, processor, registry)?]);
        }
        let edges = self.graph.nodes.get(node.node as usize).map_or(&[][..], |n| &n.inputs);
        let ports = edges.iter().map(|e| e.input + 1).max().unwrap_or(0);
        let mut records = Vec::new();
        for port in 0..ports {
            // The edge out of a splitter carries shards, not items.
            let from_splitter = |from: usize| {
                self.graph.nodes.get(from).is_some_and(|n| n.role == dyeline_engine::plan::Role::Splitter)
            };
            for edge in edges.iter().filter(|e| e.input == port && !from_splitter(e.from)).take(1) {
                records.push(find_record(&node.name, &edge.record, registry)?);
            }
        }
        Ok(records)
    }

    /// What an output port of a node carries.
    pub fn output_record(
        &self,
        node: &StageNode,
        port: u32,
        processor: &ProcessorType,
        registry: &Registry,
    ) -> Result<RecordType, WorkError> {
        let none = |found: &str| WorkError::NoRecord {
            node: node.name.clone(),
            record: format!("of output {port}"),
            hash: 0,
            found: found.to_owned(),
        };
        match processor.outputs.get(port as usize).map(|p| p.record) {
            Some(PortRecord::Typed(record)) => Ok(record()),
            Some(PortRecord::Declared) => {
                self.declared(node, registry)?.ok_or_else(|| none("no `record` key"))
            }
            Some(PortRecord::Any) => {
                let edges = self.graph.nodes.get(node.node as usize).map_or(&[][..], |n| &n.inputs);
                let edge = edges.first().ok_or_else(|| none("no input"))?;
                find_record(&node.name, &edge.record, registry)
            }
            None => Ok(RecordType::of::<dyeline_processors::builtin::DeadLetterRecord>()),
        }
    }

    fn declared(&self, node: &StageNode, registry: &Registry) -> Result<Option<RecordType>, WorkError> {
        let Some(Some(name)) = self.records.get(node.node as usize) else { return Ok(None) };
        registry.records.get(name.as_str()).copied().map(Some).ok_or_else(|| WorkError::NoRecord {
            node: node.name.clone(),
            record: name.clone(),
            hash: 0,
            found: "none of that name".to_owned(),
        })
    }
}

/// The record of this process that a job speaks of by name and schema hash.
pub fn find_record(node: &str, wanted: &RecordRef, registry: &Registry) -> Result<RecordType, WorkError> {
    let found = registry.records.get(wanted.name.as_str());
    match found {
        Some(record) if record.schema.hash() == wanted.hash => Ok(*record),
        other => Err(WorkError::NoRecord {
            node: node.to_owned(),
            record: wanted.name.clone(),
            hash: wanted.hash,
            found: other.map_or_else(|| "none of that name".to_owned(), |r| r.schema.text()),
        }),
    }
}
